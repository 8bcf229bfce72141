#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>

namespace lastcall {

/// Exponential growth with a cap, spread by "full jitter": a time drawn evenly from zero to the grown value
/// (AWS Architecture Blog, "Exponential Backoff and Jitter"; AWS SDKs' standard retry mode).
struct backoff {
  std::chrono::nanoseconds base;
  std::chrono::nanoseconds cap;

  /// base · 2^attempt, at most cap. `attempt` counts from 0.
  std::chrono::nanoseconds ceiling(unsigned attempt) const {
    const double grown = static_cast<double>(base.count()) * std::exp2(std::min(attempt, 62U));
    if (grown >= static_cast<double>(cap.count())) return cap;
    return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(grown));
  }
  /// The wait before the next attempt; `unit` is a random number in [0, 1).
  std::chrono::nanoseconds wait(unsigned attempt, double unit) const {
    return std::chrono::nanoseconds(
        static_cast<std::chrono::nanoseconds::rep>(static_cast<double>(ceiling(attempt).count()) * unit));
  }
};

}  // namespace lastcall
