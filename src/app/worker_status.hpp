#pragma once

#include "worker/supervisor.hpp"

namespace lastcall::app {

/// A worker at one moment, as plain values.
struct worker_status {
  worker::drain_state state{worker::drain_state::running};
  bool ready{};
  std::size_t jobs_running{};
  std::size_t held{};  ///< messages whose lease is this process's business
  std::chrono::nanoseconds poll_silence{};
  worker::totals sums{};
  worker::timings times{};
};

/// May be called from any thread.
inline worker_status status_of(const worker::supervisor& s) {
  return {s.state(),        s.is_ready(),     s.jobs_running(), s.books().held_count(),
          s.poll_silence(), s.books().sums(), s.books().times()};
}

}  // namespace lastcall::app
