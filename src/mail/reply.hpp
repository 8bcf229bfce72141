#pragma once

#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::mail {

/// A server's reply (RFC 5321 §4.2).
struct reply {
  int code{};
  std::vector<std::string> lines;  ///< the text of each line, after the code and its separator

  bool is_positive() const noexcept { return code / 100 == 2; }      ///< 2yz: done
  bool is_intermediate() const noexcept { return code / 100 == 3; }  ///< 3yz: go on
  bool is_transient() const noexcept { return code / 100 == 4; }     ///< 4yz: not now
  bool is_permanent() const noexcept { return code / 100 == 5; }     ///< 5yz: not so
  /// The enhanced status code ("5.1.1", RFC 3463) if the reply begins with one of its class (RFC 2034 §4),
  /// else empty.
  std::string_view enhanced() const noexcept;
  /// "550 5.1.1 No such user": the server's words in one printable line, which is cut after at most
  /// 500 bytes and then ends in "…".
  std::string words() const;
};

/// Turns bytes into replies.
class reply_parser {
 public:
  /// Takes bytes from the server.
  void feed(std::string_view bytes) { buffer_ += bytes; }
  /// The next complete reply, or none until more bytes have come. An error is final: the peer does not speak
  /// SMTP, or sends without end.
  result<std::optional<reply>> next();
  /// Whether bytes have come beyond the replies that were returned.
  bool has_more() const noexcept { return !buffer_.empty() || !partial_.lines.empty(); }

 private:
  result<bool> take_line(std::string_view line);

  std::string buffer_;
  reply partial_;
  std::size_t partial_bytes_{0};
};

}  // namespace lastcall::mail
