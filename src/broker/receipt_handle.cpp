#include "broker/receipt_handle.hpp"

#include "base/encoding.hpp"

namespace lastcall::broker {
namespace {

constexpr std::string_view prefix = "\x01\x01\x01";
constexpr std::size_t length = 3 + 8 + 8 + 4 + 4;

template <class Number>
void append(std::string& bytes, Number number) {
  for (int shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(number >> shift));
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
  std::string bytes(prefix);
  bytes.reserve(length);
  append(bytes, r.queue_id);
  append(bytes, r.serial);
  append(bytes, r.lease);
  append(bytes, checksum(bytes));
  return to_base64(bytes);
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
