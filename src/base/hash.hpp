#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall {

/// SHA-256 of the bytes: 32 raw bytes.
std::array<unsigned char, 32> sha256(std::string_view bytes);
/// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
/// HMAC-SHA-256 (RFC 2104): 32 raw bytes.
std::array<unsigned char, 32> hmac_sha256(std::string_view key, std::string_view bytes);
/// MD5 as 32 lower-case hexadecimal digits: SQS's checksum, not a protection.
std::string md5_hex(std::string_view bytes);
/// The same of several texts, in their order: cheaper than one after the other if they are of like length.
std::vector<std::string> md5_hex_of_each(const std::vector<std::string_view>& texts);
/// SHA-1 as 40 lower-case hexadecimal digits: the name of a file in the SSO cache of AWS's tools, not a
/// protection.
std::string sha1_hex(std::string_view bytes);

/// Raw digest bytes as text, for the functions that take text.
template <std::size_t N>
std::string_view as_text(const std::array<unsigned char, N>& digest) noexcept {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace lastcall
