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
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return printable(text, 200);
  const std::size_t slashes = text.find("//");
  const std::string_view scheme = slashes < at ? text.substr(0, slashes + 2) : std::string_view{};
  return printable(std::string(scheme) + "…" + std::string(text.substr(at)), 200);
}

bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool all_of(std::string_view text, std::string_view others) noexcept {
  for (const char c : text)
    if (!is_alphanumeric(c) && others.find(c) == std::string_view::npos) return false;
  return true;
}

/// Why a URL can't be used; nullptr where it can.
using complaint = const char*;

complaint read_port(std::string_view text, std::uint16_t& port) {
  if (text.empty()) return nullptr;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem != std::errc{} || end != text.data() + text.size() || port == 0)
    return "its port must be a number from 1 to 65535";
  return nullptr;
}

/// Reads host[:port], the host perhaps an IPv6 address in brackets.
complaint read_place(std::string_view place, url& out) {
  std::size_t split = place.find(':');
  if (place.starts_with('[')) {
    const std::size_t end = place.find(']');
    if (end == std::string_view::npos) return "its IPv6 address has no closing bracket";
    out.host = lower(place.substr(1, end - 1));
    if (out.host.find(':') == std::string::npos || !all_of(out.host, ":.%"))
      return "what stands between its brackets is not an IPv6 address";
    split = end + 1;
    if (split < place.size() && place[split] != ':') return "something follows the IPv6 address";
  } else {
    out.host = lower(place.substr(0, split));
    if (out.host.empty()) return "it has no host";
    if (!all_of(out.host, "-._~")) return "its host may hold only letters, digits, '-', '.' and '_'";
  }
  return read_port(split < place.size() ? place.substr(split + 1) : std::string_view{}, out.port);
}

void read_user(std::string_view user, url& out) {
  const std::size_t split = user.find(':');
  out.user = percent_decode(user.substr(0, split));
  if (split != std::string_view::npos) out.password = percent_decode(user.substr(split + 1));
}

}  // namespace

result<url> parse_url(std::string_view text, std::string_view schemes) {
  const auto refuse = [&](const std::string& why) {
    return error{error_kind::invalid, "", "'" + without_user(text) + "' is not a usable URL: " + why};
  };
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F)
      return refuse("it holds a space or a control character");
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos)
    return refuse("it must begin with a scheme, such as " +
                  std::string(schemes.substr(0, schemes.find('|'))) + "://");
  url out;
  out.scheme = lower(text.substr(0, colon));
  if (!listed(out.scheme, schemes)) {
    std::string expected(schemes);
    for (std::size_t bar = expected.find('|'); bar != std::string::npos; bar = expected.find('|'))
      expected.replace(bar, 1, " or ");
    return refuse("its scheme must be " + expected);
  }
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  std::string_view place = rest.substr(0, rest.find_first_of("/?"));
  out.target = rest.substr(place.size());
  if (out.target.empty() || out.target.front() == '?') out.target.insert(0, "/");
  if (const std::size_t at = place.rfind('@'); at != std::string_view::npos) {
    read_user(place.substr(0, at), out);
    place.remove_prefix(at + 1);
  }
  if (const complaint why = read_place(place, out)) return refuse(why);
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
