#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lastcall {

/// Reads a JSON text (RFC 8259) once, from its beginning to its end, without building it: what is asked for
/// is handed over, the rest is passed over. Depth is bounded, and so is memory, by what the caller keeps.
///
/// After the first error every call does nothing; `problem` says what was wrong.
class json_reader {
 public:
  enum class kind { text, number, flag, null, list, object, nothing };

  explicit json_reader(std::string_view text) noexcept
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  /// What the next value is; `nothing` at the end, where no value can begin, and after an error.
  kind next() noexcept;

  /// Reads an object: `member(name)` reads or skips the value of each member. The name is good until it
  /// returns.
  template <class Member>
  void object(Member member) {
    if (!open('{')) return;
    std::string unescaped;
    for (bool first = true; more('}', first); first = false) {
      const std::string_view of_member = name(unescaped);
      if (!expect(':')) return;
      member(of_member);
    }
  }
  /// Reads a list: `element()` reads or skips each of its values.
  template <class Element>
  void list(Element element) {
    if (!open('[')) return;
    for (bool first = true; more(']', first); first = false)
      element();
  }
  /// Reads a text, its escapes resolved, and checked to be UTF-8.
  std::string text();
  /// Reads a text into `out`, in place of what is there: whoever reads many texts need not allocate for each.
  /// Any other value is passed over and leaves `out` empty.
  void text_if_any(std::string& out);
  /// Reads a number; nothing if it is not a whole number of 64 bits.
  std::optional<std::int64_t> whole_number();
  /// Reads true or false; false for anything else, which is an error.
  bool flag();
  void skip();
  /// Reads no further.
  void stop() { fail("reading was stopped"); }
  /// Whether the text has come to its end without an error.
  bool finish();

  bool failed() const noexcept { return problem_ != nullptr; }
  /// What was wrong with the text, and where.
  std::string problem() const;

 private:
  static constexpr unsigned depth_limit = 32;

  void pass_space() noexcept;
  bool expect(char c);
  bool open(char bracket);
  bool more(char closing, bool first);
  std::string_view plain_run();
  std::string_view name(std::string& unescaped);
  bool text_into(std::string& out);
  bool escape_into(std::string& out);
  std::optional<std::uint32_t> four_digits();
  bool literal(std::string_view word);
  std::string_view number();
  bool fail(const char* why);

  const char* const begin_;
  const char* at_;
  const char* const end_;
  unsigned depth_{0};
  const char* problem_{nullptr};
};

/// Whether the text is JSON, nested no deeper than a reader goes: to be asked before someone else's text is
/// built with nlohmann's, which takes a step on the stack for each level when it writes it out again.
bool is_json(std::string_view text);

}  // namespace lastcall
