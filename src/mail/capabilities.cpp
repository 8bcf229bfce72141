#include "mail/capabilities.hpp"

#include "mail/ascii.hpp"

#include <charconv>

namespace lastcall::mail {
namespace {

std::string_view take_word(std::string_view& text) noexcept {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

void read_mechanisms(std::string_view text, capabilities& out) noexcept {
  while (!text.empty()) {
    const std::string_view mechanism = take_word(text);
    out.auth_plain = out.auth_plain || equal_ignoring_case(mechanism, "PLAIN");
    out.auth_login = out.auth_login || equal_ignoring_case(mechanism, "LOGIN");
  }
}

void read_size(std::string_view text, capabilities& out) noexcept {
  out.size = true;
  const std::string_view number = take_word(text);
  std::uint64_t bytes = 0;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), bytes);
  // 0 means that there is no fixed limit (RFC 1870 §4).
  if (problem == std::errc{} && end == number.data() + number.size() && bytes != 0)
    out.max_size_bytes = bytes;
}

}  // namespace

capabilities parse_capabilities(const reply& ehlo) {
  capabilities out;
  for (std::size_t i = 1; i < ehlo.lines.size(); ++i) {
    std::string_view rest = ehlo.lines[i];
    // Old servers write "AUTH=PLAIN LOGIN" beside, or instead of, "AUTH PLAIN LOGIN".
    const bool old_auth = starts_ignoring_case(rest, "AUTH=");
    if (old_auth) rest.remove_prefix(5);
    const std::string_view keyword = old_auth ? "AUTH" : take_word(rest);
    if (equal_ignoring_case(keyword, "STARTTLS")) out.starttls = true;
    if (equal_ignoring_case(keyword, "PIPELINING")) out.pipelining = true;
    if (equal_ignoring_case(keyword, "SMTPUTF8")) out.smtputf8 = true;
    if (equal_ignoring_case(keyword, "AUTH")) read_mechanisms(rest, out);
    if (equal_ignoring_case(keyword, "SIZE")) read_size(rest, out);
  }
  return out;
}

}  // namespace lastcall::mail
