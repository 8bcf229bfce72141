#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lastcall {

/// A URL in its parts (RFC 3986), as a client needs them. User information is kept decoded and is never
/// printed.
struct url {
  std::string scheme;    ///< lower case
  std::string user;      ///< decoded, empty where absent
  std::string password;  ///< decoded, empty where absent
  std::string host;      ///< lower case; an IPv6 address without its brackets
  std::uint16_t port{};  ///< 0 where absent
  std::string target;    ///< path and query as written; "/" where both are absent
};

/// Splits an absolute URL. `schemes` lists what is accepted, separated by '|' ("http|https").
result<url> parse_url(std::string_view text, std::string_view schemes);

/// host:port, with brackets around an IPv6 address; no port where it is 0.
std::string authority(std::string_view host, std::uint16_t port);

}  // namespace lastcall
