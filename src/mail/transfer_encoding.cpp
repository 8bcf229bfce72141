#include "mail/transfer_encoding.hpp"

#include "base/encoding.hpp"

#include <algorithm>

namespace lastcall::mail {
namespace {

constexpr std::size_t max_line = 78;     // RFC 5322 §2.1.1
constexpr std::size_t max_qp_line = 76;  // RFC 2045 §6.7 (5), the soft break's '=' included

struct line {
  std::string_view text;  ///< without its line break
  bool ended;             ///< by a line break, not by the end of the text
};

/// Takes the first line off the text. CRLF, LF and CR end a line.
line take_line(std::string_view& text) noexcept {
  const std::size_t end = text.find_first_of("\r\n");
  const line taken{text.substr(0, end), end != std::string_view::npos};
  const bool is_pair = taken.ended && text.substr(end, 2) == "\r\n";
  text.remove_prefix(taken.ended ? end + (is_pair ? 2 : 1) : text.size());
  return taken;
}

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

bool is_printable_ascii(char c) noexcept { return c >= 0x20 && c < 0x7F; }

/// What quoted-printable may leave as it is, except for a blank at the end of a line (RFC 2045 §6.7 (2),
/// (3)).
bool is_literal(char c) noexcept { return (is_printable_ascii(c) && c != '=') || c == '\t'; }

bool is_safe(std::string_view line_text) noexcept {
  return line_text.size() <= max_line && !line_text.starts_with("From ") &&
         (line_text.empty() || !is_blank(line_text.back())) &&
         line_text.find("=_") == std::string_view::npos &&
         std::all_of(line_text.begin(), line_text.end(),
                     [](char c) { return is_printable_ascii(c) || c == '\t'; });
}

void append_quoted_printable(std::string& to, std::string_view text) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_last = i + 1 == text.size();
    const bool literal = is_literal(c) && !(is_last && is_blank(c)) && !(i == 0 && text.starts_with("From "));
    const std::size_t width = literal ? 1 : 3;
    if (column + width > max_qp_line - (is_last ? 0 : 1)) {
      to += "=\r\n";
      column = 0;
    }
    if (literal)
      to += c;
    else
      append_escaped(to, '=', c);
    column += width;
  }
}

}  // namespace

std::string_view name_of(transfer_encoding encoding) noexcept {
  switch (encoding) {
    case transfer_encoding::seven_bit:
      return "7bit";
    case transfer_encoding::quoted_printable:
      return "quoted-printable";
    case transfer_encoding::base64:
      return "base64";
  }
  return "";
}

transfer_encoding choose_encoding(std::string_view text) noexcept {
  const auto is_plain = [](char c) { return is_literal(c) || c == '\r' || c == '\n'; };
  const auto escaped =
      static_cast<std::size_t>(std::count_if(text.begin(), text.end(), std::not_fn(is_plain)));
  if (text.size() + 2 * escaped > (text.size() + 2) / 3 * 4) return transfer_encoding::base64;
  while (!text.empty())
    if (!is_safe(take_line(text).text)) return transfer_encoding::quoted_printable;
  return transfer_encoding::seven_bit;
}

void append_text(std::string& to, std::string_view text, transfer_encoding encoding) {
  std::string canonical;
  std::string& out = encoding == transfer_encoding::base64 ? canonical : to;
  while (!text.empty()) {
    const line next = take_line(text);
    if (encoding == transfer_encoding::quoted_printable)
      append_quoted_printable(out, next.text);
    else
      out += next.text;
    if (next.ended) out += "\r\n";
  }
  if (encoding == transfer_encoding::base64) append_base64(to, canonical);
}

void append_base64(std::string& to, std::string_view bytes) {
  constexpr std::size_t bytes_a_line = 57;
  while (bytes.size() > bytes_a_line) {
    to += to_base64(bytes.substr(0, bytes_a_line));
    to += "\r\n";
    bytes.remove_prefix(bytes_a_line);
  }
  to += to_base64(bytes);
}

void append_escaped(std::string& to, char mark, char byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(byte);
  to += mark;
  to += digits[value >> 4];
  to += digits[value & 15];
}

}  // namespace lastcall::mail
