#pragma once

#include <cstddef>
#include <string>

namespace lastcall::mail {

/// Takes a message off the bytes that follow DATA (RFC 5321 §4.5.2): to the line that is a single dot, other
/// leading dots removed. Only CRLF ends a line, so that a message can't end where another server would not
/// see it end.
class message_reader {
 public:
  explicit message_reader(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}

  /// Takes what belongs to the message from the front of the bytes. True: the message is complete.
  bool take(std::string& bytes);
  /// What came beyond `max_bytes` was dropped.
  bool is_too_long() const noexcept { return too_long_; }
  std::string finish() && { return std::move(message_); }

 private:
  void append(std::string_view line);

  std::size_t max_bytes_;
  std::string message_;
  bool at_line_start_{true};
  bool too_long_{false};
};

}  // namespace lastcall::mail
