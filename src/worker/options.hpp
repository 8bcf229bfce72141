#pragma once

#include "base/backoff.hpp"
#include "base/error.hpp"

#include <chrono>
#include <cstddef>
#include <optional>

namespace lastcall::worker {

using namespace std::chrono_literals;

/// How a worker behaves.
struct options {
  std::size_t concurrency{10};           ///< jobs at once, in each shard
  std::size_t pollers{16};               ///< receives at once, at most, in each shard; 1 to 100
  std::chrono::seconds wait{20};         ///< of a long poll, 0 to 20 s; shortened by `budgeted_wait`
  std::chrono::seconds visibility{60};   ///< of a received message; extended at half of it; 2 s to 12 h
  std::chrono::nanoseconds grace{30s};   ///< from the first signal to the exit, at most
  std::chrono::nanoseconds reserve{2s};  ///< the end of `grace`, kept for cut jobs to save and be released
  std::chrono::nanoseconds job_timeout{
      0};                        ///< a job that runs longer is told to stop and comes again; 0: none
  backoff retry{1s, 15min};      ///< before a failed message comes again; grows with its receive count
  bool drain_when_empty{false};  ///< drain, as if signalled, once the queue holds nothing more for us
  unsigned tries_when_empty{
      3};  ///< with `drain_when_empty`: a message that failed this often is not waited for
  bool abort_idle_polls{false};  ///< --stop-idle=abort: do not wait for open polls
};

/// What is wrong with them, with the name of the option on the command line and what it takes; nothing if
/// they work.
std::optional<error> check(const options&);

}  // namespace lastcall::worker
