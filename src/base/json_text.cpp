#include "base/json_text.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace lastcall {
namespace {

/// Sixteen bytes that the compiler keeps in one register, on x86-64 and ARM alike.
using bytes16 = unsigned char __attribute__((vector_size(16)));

struct halves {
  std::uint64_t low;   ///< the eight bytes that come first
  std::uint64_t high;  ///< those after them
};

template <class Vector>
halves halves_of(const Vector& vector) noexcept {
  static_assert(sizeof(Vector) == sizeof(halves));
  halves out{};
  std::memcpy(&out, &vector, sizeof out);
  return out;
}

/// In which byte of eight the first bit is set.
std::size_t first_byte(std::uint64_t bits) noexcept {
  const int at = std::endian::native == std::endian::little ? std::countr_zero(bits) : std::countl_zero(bits);
  return static_cast<std::size_t>(at) / 8;
}

constexpr unsigned char first_printable = 0x20;
constexpr unsigned char quote = '"';
constexpr unsigned char backslash = '\\';

bool ends_run(unsigned char c) noexcept { return c < first_printable || c == quote || c == backslash; }

}  // namespace

json_run json_plain_run(std::string_view text) noexcept {
  constexpr std::uint64_t beyond_ascii = 0x8080808080808080;
  std::size_t at = 0;
  bytes16 seen{};
  const auto is_ascii = [&] {
    const halves bits = halves_of(seen);
    return ((bits.low | bits.high) & beyond_ascii) == 0;
  };
  for (; text.size() - at >= sizeof(bytes16); at += sizeof(bytes16)) {
    bytes16 some;
    std::memcpy(&some, text.data() + at, sizeof some);
    seen |= some;
    const halves ends = halves_of((some < first_printable) | (some == quote) | (some == backslash));
    if (ends.low != 0) return {at + first_byte(ends.low), is_ascii()};
    if (ends.high != 0) return {at + 8 + first_byte(ends.high), is_ascii()};
  }
  unsigned char last = 0;
  for (; at != text.size() && !ends_run(static_cast<unsigned char>(text[at])); ++at)
    last |= static_cast<unsigned char>(text[at]);
  return {at, is_ascii() && last < 0x80};
}

}  // namespace lastcall
