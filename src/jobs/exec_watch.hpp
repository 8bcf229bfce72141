#pragma once

#include "runtime/clock.hpp"

#include <chrono>

namespace lastcall::jobs {

/// Decides what to do with a command that runs: when to wait, to tell it to stop, to kill it, to leave it.
/// Pure: it is told what is so and answers the next step. Steps other than `wait` and `leave` are given once.
class exec_watch {
 public:
  struct view {
    steady_time now;
    bool stopping{false};         ///< the job was told to stop
    steady_time stop_deadline{};  ///< if so, until when; may come nearer, never goes further
    bool ended{false};            ///< the command itself has ended
    bool output_open{true};       ///< someone may still write to its standard output or standard error
    bool group_exists{true};      ///< any process of its group is left; asked for while `is_told` and `ended`
  };
  struct step {
    enum class kind {
      wait,       ///< look again at `until`, or when anything changes
      terminate,  ///< SIGTERM to the group
      kill,       ///< SIGKILL to the group
      leave       ///< nothing more to wait for, or no time left
    } what;
    steady_time until{};
  };

  /// `linger`: how long what the command left behind may hold its output open before it is no longer read.
  explicit exec_watch(std::chrono::nanoseconds linger) : linger_(linger) {}

  step next(const view&);
  /// SIGTERM was sent: how the command ends is no longer its own choice.
  bool is_told() const noexcept { return told_; }
  bool is_killed() const noexcept { return killed_; }

 private:
  step next_unless_told(const view&);
  step next_when_told(const view&);

  std::chrono::nanoseconds linger_;
  steady_time settled_at_{steady_time::max()};  ///< since when only the output is awaited
  bool told_{false};
  bool killed_{false};
  std::chrono::nanoseconds margin_{};  ///< before the deadline, in which SIGKILL takes effect
  steady_time killed_at_{};
};

}  // namespace lastcall::jobs
