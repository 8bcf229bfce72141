#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace lastcall::mail {

/// One address and the name shown with it (`mailbox` of RFC 5322 §3.4).
struct mailbox {
  std::string name;     ///< decoded, UTF-8, empty where there is none
  std::string address;  ///< local-part@domain, as it stands in the envelope

  bool operator==(const mailbox&) const = default;
};

/// Reads an address without a name: a dot-atom or quoted string, '@', a domain or an address literal (RFC
/// 5321 §4.1.2). Beyond ASCII it accepts UTF-8, which only a server with SMTPUTF8 may be given (RFC 6531
/// §3.3). The domain is returned in lower case, the local part as it is. Comments, groups and routes are
/// refused, line breaks and all other control characters too.
result<std::string> parse_address(std::string_view text);

/// Reads `ada@example.com`, `<ada@example.com>`, `Ada Lovelace <ada@example.com>` or
/// `"Lovelace, Ada" <ada@example.com>`.
result<mailbox> parse_mailbox(std::string_view text);

/// Whether it is a domain name or an address literal as they stand in addresses and greetings (RFC 5321
/// §4.1.2).
bool is_domain(std::string_view text) noexcept;

/// What follows the '@' of an address that `parse_address` returned.
std::string_view domain_of(std::string_view address) noexcept;

}  // namespace lastcall::mail
