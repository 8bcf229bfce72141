#include "mail/encoded_word.hpp"

#include "base/encoding.hpp"
#include "mail/transfer_encoding.hpp"

#include <algorithm>

namespace lastcall::mail {
namespace {

constexpr std::size_t max_word = 75;
constexpr std::string_view q_prefix = "=?utf-8?Q?";
constexpr std::string_view b_prefix = "=?utf-8?B?";
constexpr std::string_view suffix = "?=";
constexpr std::size_t frame = q_prefix.size() + suffix.size();

/// What stands for itself in Q (RFC 2047 §5 (3), the rule for phrases).
bool is_plain(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '!' || c == '*' ||
         c == '+' || c == '-' || c == '/';
}

std::size_t q_size(std::string_view text) noexcept {
  std::size_t size = 0;
  for (const char c : text)
    size += is_plain(c) || c == ' ' ? 1 : 3;
  return size;
}

std::size_t b_size(std::string_view text) noexcept { return (text.size() + 2) / 3 * 4; }

std::string q_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_plain(c))
      out += c;
    else if (c == ' ')
      out += '_';
    else
      append_escaped(out, '=', c);
  }
  return out;
}

}  // namespace

std::vector<std::string> encoded_words(std::string_view text, std::size_t first_room) {
  const bool use_q = q_size(text) <= b_size(text);
  const auto size_of = use_q ? q_size : b_size;
  std::vector<std::string> words;
  std::size_t room = std::min(first_room, max_word);
  while (!text.empty()) {
    std::size_t taken = character_bytes(text);
    while (taken < text.size()) {
      const std::size_t more = taken + character_bytes(text.substr(taken));
      if (frame + size_of(text.substr(0, more)) > room) break;
      taken = more;
    }
    const std::string_view piece = text.substr(0, taken);
    std::string word(use_q ? q_prefix : b_prefix);
    word += use_q ? q_encoded(piece) : to_base64(piece);
    word += suffix;
    words.push_back(std::move(word));
    text.remove_prefix(taken);
    room = max_word;
  }
  return words;
}

std::size_t character_bytes(std::string_view text) noexcept {
  std::size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80)
    ++bytes;
  return bytes;
}

bool looks_encoded(std::string_view text) noexcept {
  const std::size_t start = text.find("=?");
  return start != std::string_view::npos && text.find("?=", start + 2) != std::string_view::npos;
}

}  // namespace lastcall::mail
