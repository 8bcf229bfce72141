#include "base/json_text.hpp"

#include <algorithm>
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

constexpr std::uint64_t beyond_ascii = 0x8080808080808080;

constexpr unsigned char first_printable = 0x20;
constexpr unsigned char quote = '"';
constexpr unsigned char backslash = '\\';

bool ends_run(unsigned char c) noexcept { return c < first_printable || c == quote || c == backslash; }

std::uint64_t word_at(std::string_view text, std::size_t at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, text.data() + at, sizeof word);
  return word;
}

/// Whether all eight bytes are ASCII and none of them ends a run. False is said of a few words too many.
bool is_plain_ascii(std::uint64_t word) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  const auto borrows = [](std::uint64_t from, std::uint64_t least) { return from - least * ones; };
  const std::uint64_t ends = borrows(word, first_printable) | borrows(word ^ (quote * ones), 1) |
                             borrows(word ^ (backslash * ones), 1);
  return ((ends | word) & beyond_ascii) == 0;
}

/// The run at the start of fewer than sixteen bytes: most names and short values of an answer. Eight or more
/// are looked at as two words that overlap.
json_run short_run(std::string_view text) noexcept {
  if (text.size() >= 8 && is_plain_ascii(word_at(text, 0)) && is_plain_ascii(word_at(text, text.size() - 8)))
    return {text.size(), true};
  std::size_t at = 0;
  unsigned char seen = 0;
  for (; at != text.size() && !ends_run(static_cast<unsigned char>(text[at])); ++at)
    seen |= static_cast<unsigned char>(text[at]);
  return {at, seen < 0x80};
}

}  // namespace

json_run json_plain_run(std::string_view text) noexcept {
  if (text.size() < sizeof(bytes16)) return short_run(text);
  const std::size_t last = text.size() - sizeof(bytes16);  // where the last sixteen bytes begin
  std::size_t at = 0;
  bytes16 seen{};
  const auto ends_at = [&](std::size_t begin) {
    bytes16 some;
    std::memcpy(&some, text.data() + begin, sizeof some);
    seen |= some;
    return (some < first_printable) | (some == quote) | (some == backslash);
  };
  const auto is_ascii = [&] {
    const halves bits = halves_of(seen);
    return ((bits.low | bits.high) & beyond_ascii) == 0;
  };
  const auto none_in = [](const auto& ends) {  // a comparison has a type of its own
    const halves bits = halves_of(ends);
    return (bits.low | bits.high) == 0;
  };
  if (none_in(ends_at(0)))  // it may be a long one: four at a time
    for (at = 16; text.size() - at >= 64; at += 64)
      if (!none_in(ends_at(at) | ends_at(at + 16) | ends_at(at + 32) | ends_at(at + 48))) break;
  for (at = std::min(at, last);; at = std::min(at + sizeof(bytes16), last)) {
    const halves ends = halves_of(ends_at(at));
    if (ends.low != 0) return {at + first_byte(ends.low), is_ascii()};
    if (ends.high != 0) return {at + 8 + first_byte(ends.high), is_ascii()};
    if (at == last) return {text.size(), is_ascii()};
  }
}

}  // namespace lastcall
