#include "runtime/random.hpp"

#include <bit>
#include <random>

namespace lastcall {

std::string random::uuid() {
  static constexpr char digits[] = "0123456789abcdef";
  std::uint64_t high = next();
  std::uint64_t low = next();
  high = (high & ~0xF000ULL) | 0x4000ULL;
  low = (low & ~(3ULL << 62)) | (2ULL << 62);
  std::string text(36, '-');
  const auto write = [&](std::size_t at, std::size_t count, std::uint64_t number) {
    for (std::size_t i = count; i != 0; number >>= 4)
      text[at + --i] = digits[number & 15];
  };
  write(0, 8, high >> 32);
  write(9, 4, high >> 16);
  write(14, 4, high);
  write(19, 4, low >> 48);
  write(24, 12, low);
  return text;
}

seeded_random::seeded_random(std::uint64_t seed) noexcept {
  for (std::uint64_t& word : state_) {  // splitmix64 spreads the seed over the state
    seed += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    word = z ^ (z >> 31);
  }
}

std::uint64_t seeded_random::next() {
  const std::uint64_t drawn = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return drawn;
}

std::uint64_t entropy() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

}  // namespace lastcall
