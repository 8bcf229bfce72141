#pragma once

#include "runtime/random.hpp"

#include <chrono>
#include <cstdint>

namespace lastcall::simulation {

/// Chance in the words of the simulator. One seed decides all of it.
class dice {
 public:
  explicit dice(std::uint64_t seed) noexcept : random_(seed) {}

  std::uint64_t next() { return random_.next(); }
  /// Evenly from 0 to count − 1.
  std::size_t below(std::size_t count) {
    __extension__ using wide = unsigned __int128;
    return static_cast<std::size_t>((static_cast<wide>(random_.next()) * count) >> 64);
  }
  std::size_t between(std::size_t least, std::size_t most) { return least + below(most - least + 1); }
  bool happens(double probability) { return probability > 0 && random_.unit() < probability; }
  double unit() { return random_.unit(); }
  std::chrono::nanoseconds between(std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
    return least + std::chrono::nanoseconds(below(static_cast<std::size_t>((most - least).count()) + 1));
  }
  /// As often short as long: evenly on the logarithm.
  std::chrono::nanoseconds spread(std::chrono::nanoseconds least, std::chrono::nanoseconds most);
  template <class T, std::size_t N>
  const T& one_of(const T (&values)[N]) {
    return values[below(N)];
  }

 private:
  seeded_random random_;
};

}  // namespace lastcall::simulation
