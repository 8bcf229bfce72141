#pragma once

#include "base/error.hpp"
#include "runtime/clock.hpp"

#include <chrono>
#include <lastcall/job.hpp>
#include <memory>
#include <string>

namespace lastcall::jobs {

/// The job that only takes time: for trials, tests and benchmarks.
struct sleep_options {
  /// How long each job takes; 0 is the empty job.
  std::chrono::nanoseconds duration{0};
  /// A file to which "S <message id> <µs since the epoch>" is appended when a job starts, and "E …" when it
  /// has ended by itself: one write(2) a line, so that processes can share it. Empty: none.
  std::string journal{};
};

/// An error where the journal can't be opened. When told to stop the job ends at once, as `stopped`.
/// The clock must outlive the handler.
result<std::unique_ptr<handler>> make_sleep(clock&, const sleep_options&);

}  // namespace lastcall::jobs
