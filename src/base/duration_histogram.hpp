#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace lastcall {

/// How often something took how long: from a millisecond to the 12 hours that SQS lets a message be held.
class duration_histogram {
 public:
  /// The longest that a duration of each bucket may be; one more bucket takes what is longer than all.
  static constexpr auto longest = std::to_array<std::chrono::milliseconds>(
      {std::chrono::milliseconds(1), std::chrono::milliseconds(5), std::chrono::milliseconds(25),
       std::chrono::milliseconds(100), std::chrono::milliseconds(500), std::chrono::seconds(1),
       std::chrono::milliseconds(2500), std::chrono::seconds(5), std::chrono::seconds(10),
       std::chrono::seconds(30), std::chrono::minutes(1), std::chrono::minutes(2), std::chrono::minutes(5),
       std::chrono::minutes(10), std::chrono::minutes(20), std::chrono::minutes(30), std::chrono::hours(1),
       std::chrono::hours(3), std::chrono::hours(12)});

  void add(std::chrono::nanoseconds took) noexcept {
    const auto* const bucket = std::ranges::lower_bound(longest, took);
    ++counts_[static_cast<std::size_t>(bucket - longest.begin())];
    seconds_ += std::chrono::duration<double>(took).count();
  }

  /// By bucket; each duration counts in one.
  const std::array<std::uint64_t, longest.size() + 1>& counts() const noexcept { return counts_; }
  double seconds() const noexcept { return seconds_; }  ///< of all, summed up

 private:
  std::array<std::uint64_t, longest.size() + 1> counts_{};
  double seconds_{0};
};

}  // namespace lastcall
