#include "worker/drain.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace lastcall::worker {
namespace {

/// Kept for the requests that release what was cut.
std::chrono::nanoseconds settle_margin(std::chrono::nanoseconds reserve) {
  return std::min<std::chrono::nanoseconds>(reserve / 4, 1s);
}
/// Kept for the report and the end of the process.
std::chrono::nanoseconds exit_margin(std::chrono::nanoseconds reserve) {
  return std::min<std::chrono::nanoseconds>(reserve / 8, 250ms);
}

}  // namespace

bool drain_machine::step(const drain_view& view, steady_time now) {
  const drain_state before = state_;
  const bool nothing_left = view.in_flight == 0 && !view.polls_open;
  if (state_ != drain_state::running && state_ != drain_state::stopped && now >= budget_.end_at) {
    enter(drain_state::stopped);
    return true;
  }
  const bool is_to_cut = view.jobs != 0 && (view.pressed || now >= budget_.cut_at);
  switch (state_) {
    case drain_state::running:
      if (view.asked) begin(now);
      break;
    case drain_state::closing:
      if (is_to_cut)
        cut(now);
      else if (!view.polls_open && view.late == 0)
        enter(drain_state::finishing);
      break;
    case drain_state::finishing:
      if (nothing_left)
        enter(drain_state::stopped);
      else if (is_to_cut)
        cut(now);
      break;
    case drain_state::cutting:
      if (nothing_left) enter(drain_state::stopped);
      break;
    case drain_state::stopped:
      break;
  }
  return state_ != before;
}

steady_time drain_machine::next_time(steady_time now) const noexcept {
  if (state_ == drain_state::running || state_ == drain_state::stopped) return steady_time::max();
  const std::array instants{budget_.cut_at, budget_.jobs_give_up_at, budget_.give_up_at, budget_.end_at};
  const auto* const next = std::ranges::upper_bound(instants, now);
  return next != instants.end() ? *next : budget_.end_at;
}

void drain_machine::begin(steady_time now) {
  const steady_time gone_at = now + grace_;
  budget_ = {.began = now,
             .cut_at = gone_at - reserve_,
             .jobs_give_up_at = gone_at - settle_margin(reserve_),
             .give_up_at = gone_at - settle_margin(reserve_),
             .end_at = gone_at - exit_margin(reserve_)};
  enter(drain_state::closing);
}

void drain_machine::cut(steady_time now) {
  // Pressed early, the jobs' time shrinks to the reserve; the rest stays where it was, for an open poll must
  // still be left to answer.
  const auto to_save = reserve_ - settle_margin(reserve_);
  budget_.cut_at = std::min(budget_.cut_at, now);
  budget_.jobs_give_up_at = std::min(budget_.jobs_give_up_at, now + to_save);
  enter(drain_state::cutting);
}

void drain_machine::enter(drain_state to) {
  assert(to > state_ && "the drain goes one way");
  state_ = to;
}

std::chrono::seconds budgeted_wait(const options& o) noexcept {
  const auto room = std::chrono::floor<std::chrono::seconds>(o.grace - o.reserve - 1s);
  auto wait = std::clamp<std::chrono::seconds>(room, 0s, std::min(o.wait, o.visibility / 2));
  // A run that ends with the queue wants to notice the end.
  if (o.drain_when_empty) wait = std::min<std::chrono::seconds>(wait, 1s);
  return wait;
}

}  // namespace lastcall::worker
