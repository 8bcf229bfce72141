#pragma once

#include "base/error.hpp"
#include "mail/email.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace lastcall::mail {

/// A Message-ID (RFC 5322 §3.6.4, without the brackets) that the job and the envelope decide, so that a retry
/// sends the same message and a reader can tell a duplicate.
std::string message_id_of(std::string_view job_id, const envelope&);

/// "Sat, 22 Nov 2025 19:02:00 +0000" (RFC 5322 §3.3), in UTC.
std::string format_date(std::chrono::system_clock::time_point);

/// What identifies a message beyond what its sender gave.
struct message_identity {
  std::string message_id;  ///< without the brackets
  std::chrono::system_clock::time_point date;
};

/// The message on the wire (RFC 5322, RFC 2045): header, empty line, body; lines end with CRLF and have at
/// most 998 bytes, mostly 78; the last one is ended. All is ASCII, except for addresses that need SMTPUTF8.
/// The same input gives the same bytes. Bcc appears nowhere.
///
/// Parts are nested only as far as needed: multipart/mixed (attachments) > multipart/related (images of the
/// HTML) > multipart/alternative (text and HTML) > text.
///
/// What `check` refuses is refused here, with the same error.
result<std::string> build_message(const email&, const message_identity&);

}  // namespace lastcall::mail
