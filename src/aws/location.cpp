#include "aws/location.hpp"

#include "base/url.hpp"

#include <cstdint>
#include <utility>

namespace lastcall::aws {
namespace {

constexpr std::uint16_t default_port(bool tls) noexcept { return tls ? 443 : 80; }

}  // namespace

result<location> parse_location(std::string_view text) {
  result<url> parsed = parse_url(text, "http|https");
  if (!parsed) return parsed.error();
  const bool tls = parsed->scheme == "https";
  const std::uint16_t port = parsed->port != 0 ? parsed->port : default_port(tls);
  return location{{tls, std::move(parsed->host), port}, std::move(parsed->target)};
}

std::string host_header(const http::origin& origin) {
  return authority(origin.host, origin.port == default_port(origin.tls) ? std::uint16_t{0} : origin.port);
}

}  // namespace lastcall::aws
