#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace lastcall::sqs {

/// Writes compact JSON (RFC 8259). Texts must be UTF-8. What stands inside of an object or an array is
/// written by the function that is given for it.
class json_writer {
 public:
  json_writer() = default;
  /// For a text that is expected to become this long.
  explicit json_writer(std::size_t size_bytes) { out_.reserve(size_bytes); }

  template <class Fill>
  void object(Fill fill) {
    enclose('{', fill, '}');
  }
  template <class Fill>
  void object(std::string_view name, Fill fill) {
    key(name);
    enclose('{', fill, '}');
  }
  template <class Fill>
  void array(std::string_view name, Fill fill) {
    key(name);
    enclose('[', fill, ']');
  }
  void member(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }
  void member(std::string_view name, long long value) {
    key(name);
    out_ += std::to_string(value);
    needs_comma_ = true;
  }
  void flag(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
    needs_comma_ = true;
  }
  /// An element of an array.
  void element(std::string_view value) {
    separate();
    text(value);
  }

  std::string take() { return std::move(out_); }

 private:
  template <class Fill>
  void enclose(char open, Fill fill, char close) {
    separate();
    out_.push_back(open);
    needs_comma_ = false;
    fill();
    out_.push_back(close);
    needs_comma_ = true;
  }
  void separate() {
    if (needs_comma_) out_.push_back(',');
    needs_comma_ = true;
  }
  void key(std::string_view name) {
    separate();
    text(name);
    out_.push_back(':');
    needs_comma_ = false;
  }
  void text(std::string_view value);
  void escape(char c);

  std::string out_;
  bool needs_comma_{false};
};

}  // namespace lastcall::sqs
