#include "base/encoding.hpp"

#include <array>
#include <cstdint>

namespace lastcall {
namespace {

constexpr std::string_view lower_hex = "0123456789abcdef";
constexpr std::string_view upper_hex = "0123456789ABCDEF";
constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> base64_values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < base64_alphabet.size(); ++i)
    values[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}();

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

/// The length of the well-formed UTF-8 sequence at the start of `bytes`, 0 if there is none.
std::size_t utf8_sequence(std::string_view bytes) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const auto continues = [&](std::size_t i) { return i < bytes.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
    if (lead == 0xED && byte(1) > 0x9F) return 0;  // surrogate
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;  // overlong
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
    return 4;
  }
  return 0;
}

/// Whether a terminal may obey this character instead of showing it: C0, DEL and C1 (U+0080 to U+009F).
bool is_control(std::string_view character) noexcept {
  const auto lead = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return lead < 0x20 || lead == 0x7F;
  return lead == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

std::string escaped(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += "\\x";
    text += to_hex({&byte, 1});
  }
  return text;
}

/// Decodes four characters at a time for as long as all are of the alphabet, and takes them from the front.
void pass_whole_groups(std::string_view& text, std::string& bytes) {
  const auto value = [&](std::size_t i) -> std::int32_t {
    return base64_values[static_cast<unsigned char>(text[i])];
  };
  while (text.size() >= 4) {
    const std::int32_t group = value(0) << 18 | value(1) << 12 | value(2) << 6 | value(3);
    if (group < 0) return;  // one of them is
    const std::array three{static_cast<char>(group >> 16), static_cast<char>(group >> 8),
                           static_cast<char>(group)};
    bytes.append(three.data(), three.size());
    text.remove_prefix(4);
  }
}

error not_base64(const char* why) { return {error_kind::invalid, "", std::string("not base64: ") + why}; }

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string text(bytes.size() * 2, '\0');
  char* at = text.data();
  for (const unsigned char byte : bytes) {
    *at++ = lower_hex[byte >> 4];
    *at++ = lower_hex[byte & 15];
  }
  return text;
}

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* out = text.data();
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  for (std::size_t at = 0; at < bytes.size(); at += 3, out += 4) {
    const std::uint32_t group = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
    const std::size_t left = bytes.size() - at;
    out[0] = base64_alphabet[group >> 18];
    out[1] = base64_alphabet[(group >> 12) & 63];
    if (left > 1) out[2] = base64_alphabet[(group >> 6) & 63];
    if (left > 2) out[3] = base64_alphabet[group & 63];
  }
  return text;
}

result<std::string> from_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  unsigned sextets = 0;
  unsigned padding = 0;
  pass_whole_groups(text, bytes);
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '=') {
      if (++padding > 2) return not_base64("too much padding");
      continue;
    }
    if (padding != 0) return not_base64("characters after the padding");
    const int value = base64_values[static_cast<unsigned char>(c)];
    if (value < 0) return not_base64("a character outside of its alphabet");
    group = (group << 6) | static_cast<std::uint32_t>(value);
    if (++sextets == 4) {
      bytes.push_back(static_cast<char>(group >> 16));
      bytes.push_back(static_cast<char>(group >> 8));
      bytes.push_back(static_cast<char>(group));
      group = 0;
      sextets = 0;
    }
  }
  if ((sextets + padding) % 4 != 0 || sextets == 1) return not_base64("its length is not a multiple of four");
  if (sextets == 2) {
    if ((group & 15) != 0) return not_base64("bits set after the end");
    bytes.push_back(static_cast<char>(group >> 4));
  } else if (sextets == 3) {
    if ((group & 3) != 0) return not_base64("bits set after the end");
    bytes.push_back(static_cast<char>(group >> 10));
    bytes.push_back(static_cast<char>(group >> 2));
  }
  return bytes;
}

std::string percent_encode(std::string_view text, bool keep_slash) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || (keep_slash && c == '/')) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.push_back('%');
      encoded.push_back(upper_hex[byte >> 4]);
      encoded.push_back(upper_hex[byte & 15]);
    }
  }
  return encoded;
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      decoded.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      decoded.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return decoded;
}

bool is_utf8(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const std::size_t length = utf8_sequence(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    const std::string piece =
        length == 0 || is_control(character) ? escaped(character) : std::string(character);
    if (shown.size() + piece.size() > max_bytes) return shown + "…";
    shown += piece;
    text.remove_prefix(character.size());
  }
  return shown;
}

}  // namespace lastcall
