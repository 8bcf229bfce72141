#include "broker/receipt_handle.hpp"

#include "base/encoding.hpp"

#include <array>

namespace lastcall::broker {
namespace {

constexpr std::string_view prefix = "\x01\x01\x01";
constexpr std::size_t length = 3 + 8 + 8 + 4 + 4;

/// Writes a number, the highest byte first, and returns what follows it.
template <class Number>
char* put(char* at, Number number) {
  for (int shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8)
    *at++ = static_cast<char>(number >> shift);
  return at;
}

template <class Number>
Number take(std::string_view& bytes) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number = static_cast<Number>(number << 8) | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(sizeof(Number));
  return number;
}

/// FNV-1a, 32 bits.
std::uint32_t checksum(std::string_view bytes) noexcept {
  std::uint32_t sum = 2166136261U;
  for (const unsigned char byte : bytes)
    sum = (sum ^ byte) * 16777619U;
  return sum;
}

}  // namespace

std::string encode(const receipt& r) {
  std::array<char, length> bytes;
  char* at = bytes.data() + prefix.copy(bytes.data(), prefix.size());
  at = put(at, r.queue_id);
  at = put(at, r.serial);
  at = put(at, r.lease);
  put(at, checksum({bytes.data(), at}));
  return to_base64({bytes.data(), bytes.size()});
}

std::optional<receipt> decode_receipt_handle(std::string_view handle) {
  const auto bytes = from_base64(handle);
  if (!bytes || bytes->size() != length || !bytes->starts_with(prefix)) return std::nullopt;
  std::string_view rest(*bytes);
  const std::uint32_t sum = checksum(rest.substr(0, length - 4));
  rest.remove_prefix(prefix.size());
  receipt r{};
  r.queue_id = take<std::uint64_t>(rest);
  r.serial = take<std::uint64_t>(rest);
  r.lease = take<std::uint32_t>(rest);
  if (take<std::uint32_t>(rest) != sum) return std::nullopt;
  return r;
}

}  // namespace lastcall::broker
