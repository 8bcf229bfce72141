#pragma once

#include "runtime/clock.hpp"
#include "worker/options.hpp"

#include <cstddef>
#include <string_view>

namespace lastcall::worker {

/// The states of a worker; they go one way.
enum class drain_state { running, closing, finishing, cutting, stopped };

constexpr std::string_view name_of(drain_state s) noexcept {
  switch (s) {
    case drain_state::running:
      return "running";
    case drain_state::closing:
      return "closing";
    case drain_state::finishing:
      return "finishing";
    case drain_state::cutting:
      return "cutting";
    case drain_state::stopped:
      return "stopped";
  }
  return "?";
}

/// What the drain decides on: plain facts about this moment.
struct drain_view {
  bool asked{};             ///< a first signal came, or the queue is empty and that ends the run
  bool pressed{};           ///< a second signal came
  bool polls_open{};        ///< a receive of this process has not been answered
  std::size_t late{};       ///< messages of late answers that are not released yet
  std::size_t jobs{};       ///< that run, or wait for their turn in their group
  std::size_t in_flight{};  ///< messages held in all: running, being settled, late
};

/// The instants that a drain is divided by, all fixed when it begins or is pressed: nothing is cut that had
/// time (promise 4), and the process is gone in time (promise 6).
///
///     began ─────────────── cut_at ─────────────── give_up_at ──────────── end_at ── began + grace
///           jobs run on            jobs may save              releases            the process is gone
struct drain_budget {
  steady_time began{};
  steady_time cut_at{};           ///< jobs are told to stop: grace − reserve
  steady_time jobs_give_up_at{};  ///< jobs that have not stopped are given up
  steady_time give_up_at{};       ///< open polls are aborted and all that is held is released
  steady_time end_at{};           ///< what is not answered by now is left behind
};

/// The drain as a pure machine. `step` is called after anything changed and at `next_time`.
///
/// | from               | to        | when                                                         |
/// |--------------------|-----------|--------------------------------------------------------------|
/// | running            | closing   | asked                                                        |
/// | closing            | finishing | no poll of the process is open and no late message is held   |
/// | closing, finishing | cutting   | there are jobs, and pressed or cut_at is reached             |
/// | finishing, cutting | stopped   | nothing is in flight and no poll is open                     |
/// | any but running    | stopped   | end_at is reached                                            |
class drain_machine {
 public:
  explicit drain_machine(const options& o) : grace_(o.grace), reserve_(o.reserve) {}

  drain_state state() const noexcept { return state_; }
  /// Moves one state at most; call again until it returns false.
  bool step(const drain_view&, steady_time now);
  /// The next instant of the budget after `now`; `max` while there is none.
  steady_time next_time(steady_time now) const noexcept;

  /// Valid from `closing` on.
  const drain_budget& budget() const noexcept { return budget_; }

 private:
  void enter(drain_state);
  void begin(steady_time now);
  void cut(steady_time now);

  std::chrono::nanoseconds grace_;
  std::chrono::nanoseconds reserve_;
  drain_state state_{drain_state::running};
  drain_budget budget_;
};

/// The wait of a long poll that lets an idle worker stop within its grace period: a poll opened just before
/// the signal has answered, with a second to spare, before jobs would be cut. And at most half of the
/// visibility timeout: a lease counts from when its receive was sent, and a message that comes at the end of
/// the wait shall have time left. Whole seconds, as SQS takes them; 0 asks SQS not to wait at all.
std::chrono::seconds budgeted_wait(const options&) noexcept;

}  // namespace lastcall::worker
