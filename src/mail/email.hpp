#pragma once

#include "base/error.hpp"
#include "mail/address.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lastcall::mail {

/// A file that travels with an email.
struct attachment {
  std::string filename;      ///< UTF-8, as the reader sees it
  std::string content_type;  ///< type/subtype, and parameters without quotes
  std::string content;
};

/// An image that the HTML shows by `cid:` and its id (RFC 2392).
struct inline_image {
  std::string content_id;
  std::string content_type;  ///< image/subtype
  std::string filename;      ///< empty where there is none
  std::string content;
};

/// An email as its sender means it: all text decoded, UTF-8.
struct email {
  mailbox from;
  std::vector<mailbox> to;
  std::vector<mailbox> cc;
  std::vector<mailbox> bcc;
  std::vector<mailbox> reply_to;
  std::string subject;
  std::optional<std::string> text;
  std::optional<std::string> html;
  std::vector<std::pair<std::string, std::string>> headers;  ///< further fields, in this order
  std::vector<attachment> attachments;
  std::vector<inline_image> images;
};

/// Whether a message can be built of it; the error begins with the name of the field that stands in the way
/// ("attachments[0].filename: …").
///
/// Refused are: line breaks and other control characters in header values, text that is not UTF-8, no
/// recipient, neither text nor HTML, images without HTML, content types that are not type/subtype, and fields
/// in `headers` that are malformed or that the message or the transport sets (From, Date, Content-…,
/// Received, …).
result<void> check(const email&);

/// Who sends to whom, for the server (RFC 5321 §2.3.1): the addresses only, each once.
struct envelope {
  std::string sender;
  std::vector<std::string> recipients;
  /// An address, here or in the header, is beyond ASCII: only a server with SMTPUTF8 may be given the
  /// message.
  bool needs_smtputf8{false};
};

/// The envelope of an email: its sender, and everyone in to, cc and bcc.
envelope envelope_of(const email&);

}  // namespace lastcall::mail
