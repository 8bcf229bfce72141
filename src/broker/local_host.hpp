#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lastcall::broker {

/// Whether a Host header names this server by something that nobody else can own: an address, a name without a
/// dot, a name of a domain that public DNS does not have (RFC 6761, RFC 6762, RFC 8375, and ICANN's .internal),
/// or one of `names`. Others may be a web site's that has had its name resolved to this machine (DNS rebinding):
/// for the browser its pages are then this server's. No header at all is no browser's.
bool is_local_host(std::string_view header, const std::vector<std::string>& names) noexcept;

}  // namespace lastcall::broker
