#include "mail/address.hpp"

#include "base/encoding.hpp"
#include "mail/ascii.hpp"

#include <algorithm>

namespace lastcall::mail {
namespace {

// RFC 5321 §4.5.3.1.1 and .3 (a path of 256 with its brackets), RFC 1035 §2.3.4.
constexpr std::size_t max_local_bytes = 64;
constexpr std::size_t max_address_bytes = 254;
constexpr std::size_t max_label_bytes = 63;

/// `atext` of RFC 5322 §3.2.3, extended by RFC 6532 §3.2.
bool is_atom_character(char c) noexcept {
  return is_letter_or_digit(c) || !is_ascii({&c, 1}) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

error refuse(std::string_view text, std::string_view why) {
  return {error_kind::invalid, "", "'" + printable(text, 200) + "' is not an address: " + std::string(why)};
}

/// The length of the quoted string at the start of `text`, quotes included; 0 if it does not end.
std::size_t quoted_length(std::string_view text) noexcept {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return 0;
}

/// The text of a complete quoted string: without its quotes and backslashes.
std::string unquoted(std::string_view quoted) {
  std::string out;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\') ++i;
    out.push_back(quoted[i]);
  }
  return out;
}

bool is_dot_atom(std::string_view text) noexcept {
  bool after_dot = true;
  for (const char c : text) {
    if (c == '.' ? after_dot : !is_atom_character(c)) return false;
    after_dot = c == '.';
  }
  return !after_dot;
}

bool is_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= max_label_bytes && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-' || !is_ascii({&c, 1}); });
}

/// [192.0.2.1] and [IPv6:2001:db8::1], the tag in any case (RFC 5234 §2.3): the characters, not the
/// arithmetic; the server knows better.
bool is_address_literal(std::string_view text) noexcept {
  if (text.size() < 4 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  const bool v6 = equal_ignoring_case(text.substr(0, 5), "ipv6:");
  if (v6) text.remove_prefix(5);
  return text.find_first_not_of(v6 ? "0123456789abcdefABCDEF:." : "0123456789.") == std::string_view::npos;
}

/// Where a display name ends and `<address>` begins; npos if there is no bracket outside of quotes.
std::size_t find_bracket(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<') return i;
    if (text[i] == '"') {
      const std::size_t length = quoted_length(text.substr(i));
      if (length == 0) return std::string_view::npos;
      i += length - 1;
    }
  }
  return std::string_view::npos;
}

result<std::string> parse_name(std::string_view whole, std::string_view name) {
  if (name.starts_with('"')) {
    if (quoted_length(name) != name.size())
      return refuse(whole, "its quoted name does not end before the '<'");
    return unquoted(name);
  }
  if (name.find_first_of("()<>[]:;@\\,\"") != std::string_view::npos)
    return refuse(whole,
                  "a name with one of ( ) < > [ ] : ; @ \\ , \" must stand in double quotes, and an entry "
                  "holds one address only");
  return std::string(name);
}

}  // namespace

bool is_domain(std::string_view text) noexcept {
  if (text.starts_with('[')) return is_address_literal(text);
  if (text.empty() || text.size() > 253) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::string_view domain_of(std::string_view address) noexcept {
  return address.substr(address.rfind('@') + 1);
}

result<std::string> parse_address(std::string_view text) {
  if (text.empty()) return refuse(text, "it is empty");
  if (has_control(text)) return refuse(text, "it holds a line break or another control character");
  if (!is_utf8(text)) return refuse(text, "it is not UTF-8");
  std::size_t at = text.rfind('@');
  if (text.starts_with('"')) {
    at = quoted_length(text);
    if (at == 0) return refuse(text, "its quoted local part does not end");
    if (at == text.size() || text[at] != '@')
      return refuse(text, "a quoted local part must be followed by '@'");
  } else if (at == std::string_view::npos) {
    return refuse(text, "it has no '@'");
  } else if (!is_dot_atom(text.substr(0, at))) {
    return refuse(
        text, "what stands before the '@' is empty, or holds a character or dots that need double quotes");
  }
  if (at > max_local_bytes) return refuse(text, "what stands before the '@' is longer than 64 bytes");
  if (!is_domain(text.substr(at + 1))) return refuse(text, "what follows the '@' is not a domain name");
  if (text.size() > max_address_bytes) return refuse(text, "it is longer than 254 bytes");
  return std::string(text.substr(0, at)) + to_lower(text.substr(at));
}

result<mailbox> parse_mailbox(std::string_view text) {
  const std::string_view whole = trimmed(text);
  if (has_control(whole)) return refuse(whole, "it holds a line break or another control character");
  if (!is_utf8(whole)) return refuse(whole, "it is not UTF-8");
  const std::size_t bracket = find_bracket(whole);
  if (bracket == std::string_view::npos) {
    if (!whole.starts_with('"') && whole.find(',') != std::string_view::npos)
      return refuse(whole, "an entry holds one address only");
    auto address = parse_address(whole);
    if (!address) return address.error();
    return mailbox{{}, std::move(*address)};
  }
  if (!whole.ends_with('>')) return refuse(whole, "something follows the '>', or it is missing");
  auto name = parse_name(whole, trimmed(whole.substr(0, bracket)));
  if (!name) return name.error();
  const std::string_view inner = whole.substr(bracket + 1, whole.size() - bracket - 2);
  if (!inner.starts_with('"') && inner.find_first_of("<>") != std::string_view::npos)
    return refuse(whole, "an entry holds one address only");
  auto address = parse_address(inner);
  if (!address) return address.error();
  return mailbox{std::move(*name), std::move(*address)};
}

}  // namespace lastcall::mail
