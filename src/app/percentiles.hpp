#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace lastcall::app {

/// How long something took, each time.
class latencies {
 public:
  void add(std::chrono::nanoseconds took) {
    all_.push_back(took);
    is_sorted_ = false;
  }
  void add(const latencies& other) {
    all_.insert(all_.end(), other.all_.begin(), other.all_.end());
    is_sorted_ = false;
  }
  std::size_t count() const noexcept { return all_.size(); }

  /// The least of those that at least this share, 0 to 1, does not exceed (the nearest rank); zero without any.
  std::chrono::nanoseconds at(double share) {
    if (all_.empty()) return {};
    if (!is_sorted_) std::sort(all_.begin(), all_.end());
    is_sorted_ = true;
    const auto size = static_cast<double>(all_.size());
    const auto rank = static_cast<std::size_t>(std::clamp(share * size - 1e-9, 0.0, size - 1));
    return all_[rank];
  }

 private:
  std::vector<std::chrono::nanoseconds> all_;
  bool is_sorted_{true};
};

}  // namespace lastcall::app
