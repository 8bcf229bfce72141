#include "base/url.hpp"

#include "base/encoding.hpp"

#include <charconv>

namespace lastcall {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool listed(std::string_view word, std::string_view list) {
  while (!list.empty()) {
    const std::size_t bar = list.find('|');
    if (list.substr(0, bar) == word) return true;
    if (bar == std::string_view::npos) break;
    list.remove_prefix(bar + 1);
  }
  return false;
}

/// What is shown of a URL in an error: never its user information.
std::string without_user(std::string_view text) {
  const std::size_t slashes = text.find("//");
  const std::size_t at = text.rfind('@');
  if (slashes == std::string_view::npos || at == std::string_view::npos || at < slashes) return printable(text, 200);
  return printable(std::string(text.substr(0, slashes + 2)) + "…" + std::string(text.substr(at)), 200);
}

}  // namespace

result<url> parse_url(std::string_view text, std::string_view schemes) {
  const auto refuse = [&](const char* why) {
    return error{error_kind::invalid, "", "'" + without_user(text) + "' is not a usable URL: " + why};
  };
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) return refuse("it holds a space or a control character");
  url out;
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos)
    return refuse("it must begin with a scheme, such as http://");
  out.scheme = lower(text.substr(0, colon));
  if (!listed(out.scheme, schemes)) {
    std::string expected(schemes);
    for (std::size_t bar = expected.find('|'); bar != std::string::npos; bar = expected.find('|'))
      expected.replace(bar, 1, " or ");
    return error{error_kind::invalid, "",
                 "'" + without_user(text) + "' is not a usable URL: its scheme must be " + expected};
  }
  std::string_view rest = text.substr(colon + 3);
  if (const std::size_t fragment = rest.find('#'); fragment != std::string_view::npos) rest = rest.substr(0, fragment);
  std::string_view place = rest.substr(0, rest.find_first_of("/?"));
  out.target = rest.substr(place.size());
  if (out.target.empty() || out.target.front() == '?') out.target.insert(0, "/");
  if (const std::size_t at = place.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = place.substr(0, at);
    const std::size_t split = user.find(':');
    out.user = percent_decode(user.substr(0, split));
    if (split != std::string_view::npos) out.password = percent_decode(user.substr(split + 1));
    place.remove_prefix(at + 1);
  }
  std::string_view port;
  if (place.starts_with('[')) {
    const std::size_t end = place.find(']');
    if (end == std::string_view::npos) return refuse("its IPv6 address has no closing bracket");
    out.host = lower(place.substr(1, end - 1));
    port = place.substr(end + 1);
    if (!port.empty() && port.front() != ':') return refuse("something follows the IPv6 address");
  } else {
    const std::size_t split = place.find(':');
    out.host = lower(place.substr(0, split));
    if (split != std::string_view::npos) port = place.substr(split);
  }
  if (out.host.empty()) return refuse("it has no host");
  if (port.size() > 1) {
    port.remove_prefix(1);
    const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (problem != std::errc{} || end != port.data() + port.size() || out.port == 0)
      return refuse("its port must be a number from 1 to 65535");
  }
  return out;
}

std::string authority(std::string_view host, std::uint16_t port) {
  std::string out;
  const bool v6 = host.find(':') != std::string_view::npos;
  if (v6) out += '[';
  out += host;
  if (v6) out += ']';
  if (port != 0) out += ":" + std::to_string(port);
  return out;
}

}  // namespace lastcall
