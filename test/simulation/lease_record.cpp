#include "simulation/lease_record.hpp"

#include <algorithm>

namespace lastcall::simulation {

using namespace std::chrono_literals;

provable_lease::provable_lease(steady_time asked_at, std::chrono::seconds visibility) noexcept
    : received_at_(asked_at),
      ends_at_(asked_at + visibility),
      notice_(std::clamp<std::chrono::nanoseconds>(std::chrono::nanoseconds(visibility) / 10, 100ms, 5s)),
      visibility_(visibility) {}

bool provable_lease::confirmed(steady_time asked_at, std::chrono::seconds length, steady_time now) noexcept {
  if (must_be_lost(now)) return false;
  if (may_be_lost(now)) is_tie_ = true;
  ends_at_ = asked_at + length;
  return true;
}

std::chrono::seconds provable_lease::length_to_ask(steady_time now) const noexcept {
  const auto left = std::chrono::floor<std::chrono::seconds>(received_at_ + 12h - now);
  return std::clamp<std::chrono::seconds>(left, 0s, visibility_);
}

bool provable_lease::is_at_limit() const noexcept { return ends_at_ + 2s > received_at_ + 12h; }

}  // namespace lastcall::simulation
