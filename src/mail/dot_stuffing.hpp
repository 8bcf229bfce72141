#pragma once

#include <string>
#include <string_view>

namespace lastcall::mail {

/// Cuts a message into blocks for DATA, transparent as of RFC 5321 §4.5.2: a line that begins with a dot gets
/// another. A lone CR or LF becomes CRLF, so that no server can see the end of the message where it is not
/// (SMTP smuggling).
class dot_stuffer {
 public:
  /// The message must outlive it.
  explicit dot_stuffer(std::string_view message) noexcept : rest_(message) {}

  /// The next block, of about `size` bytes. The last one ends with CRLF, and needs ".\r\n" after it.
  std::string next(std::size_t size);
  bool is_at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool at_line_start_{true};
};

}  // namespace lastcall::mail
