#include "worker/lease.hpp"

#include "base/mark.hpp"

#include <algorithm>
#include <cassert>

namespace lastcall::worker {

using namespace std::chrono_literals;

std::chrono::nanoseconds lease_terms::notice() const noexcept {
  return std::clamp<std::chrono::nanoseconds>(std::chrono::nanoseconds(visibility) / 10, 100ms, 5s);
}

lease::lease(const lease_terms& terms, steady_time asked_at, double spread) noexcept
    : terms_(terms),
      limit_at_(asked_at + lease_terms::limit),
      ends_at_(asked_at + terms.visibility),
      extend_at_() {
  plan_extension(asked_at, spread);
}

lease::due lease::what_is_due(steady_time now) const noexcept {
  if (state_ == state::lost) return due::nothing;
  if (now >= lost_at()) return due::loss;
  if (state_ == state::held && now >= extend_at_ && !is_at_limit()) return due::extension;
  return due::nothing;
}

steady_time lease::next_time() const noexcept {
  if (state_ == state::lost) return steady_time::max();
  if (state_ == state::asking || is_at_limit()) return lost_at();
  return std::min(extend_at_, lost_at());
}

std::chrono::seconds lease::length_to_ask(steady_time now) const noexcept {
  const auto left = std::chrono::floor<std::chrono::seconds>(limit_at_ - now);
  return std::clamp<std::chrono::seconds>(left, 0s, terms_.visibility);
}

steady_time lease::try_until(steady_time now) const noexcept {
  constexpr std::chrono::nanoseconds least = 250ms;  // below it an answer that is on its way may be missed
  const auto left = std::max<std::chrono::nanoseconds>(lost_at() - now, 0s);
  return now + std::max(left / 2, std::min(left, least));
}

std::chrono::seconds lease::longest_rest(steady_time now) const noexcept {
  const auto left = std::chrono::floor<std::chrono::seconds>(limit_at_ - now);
  return std::max<std::chrono::seconds>(left - 1min, 0s);
}

bool lease::is_at_limit() const noexcept {
  // Less than two seconds to gain is not worth a request, and asking past the remainder is an error, not a
  // clamp.
  return ends_at_ + 2s > limit_at_;
}

void lease::asking() noexcept {
  assert(state_ == state::held);
  state_ = state::asking;
}

bool lease::confirmed(steady_time now, steady_time asked_at, std::chrono::seconds length,
                      double spread) noexcept {
  if (state_ != state::asking || now >= lost_at()) {
    LASTCALL_MARK("an extension is confirmed when the lease counts as lost");
    return false;
  }
  state_ = state::held;
  ends_at_ = asked_at + length;
  plan_extension(asked_at, spread);
  return true;
}

void lease::unanswered(steady_time now) noexcept {
  if (state_ != state::asking) return;
  state_ = state::held;
  const auto pause = std::clamp<std::chrono::nanoseconds>((lost_at() - now) / 4, 50ms, 2s);
  extend_at_ = now + pause;
}

void lease::plan_extension(steady_time from, double spread) noexcept {
  const auto half = (ends_at_ - from) / 2;
  const auto early = std::chrono::nanoseconds(
      static_cast<std::chrono::nanoseconds::rep>(static_cast<double>(half.count()) * 0.1 * spread));
  extend_at_ = from + half - early;
}

}  // namespace lastcall::worker
