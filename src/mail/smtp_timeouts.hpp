#pragma once

#include <chrono>

namespace lastcall::mail {

/// How long a client waits for a server (RFC 5321 §4.5.3.2, except for `connect`).
struct smtp_timeouts {
  std::chrono::nanoseconds connect{std::chrono::seconds(30)};
  std::chrono::nanoseconds greeting{std::chrono::minutes(5)};
  std::chrono::nanoseconds command{
      std::chrono::minutes(5)};  ///< the reply to EHLO, STARTTLS, AUTH, MAIL, RCPT, RSET
  std::chrono::nanoseconds data{std::chrono::minutes(2)};   ///< the reply to DATA
  std::chrono::nanoseconds block{std::chrono::minutes(3)};  ///< for a block of the message to be taken
  /// The reply to the final dot. A client that waits less sends duplicates (RFC 1047).
  std::chrono::nanoseconds final_reply{std::chrono::minutes(10)};
};

}  // namespace lastcall::mail
