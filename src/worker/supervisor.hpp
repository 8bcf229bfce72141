#pragma once

#include "runtime/clock.hpp"
#include "sqs/queue.hpp"
#include "worker/accounts.hpp"
#include "worker/drain.hpp"
#include "worker/options.hpp"
#include "worker/report.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <lastcall/job.hpp>
#include <memory>
#include <string>

namespace lastcall::worker {

/// What one shard owns beside its worker. Made and used on the shard's strand, so it shares nothing.
class shard_parts {
 public:
  virtual ~shard_parts() = default;
  virtual sqs::queue& queue() = 0;
  virtual lastcall::handler& handler() = 0;
  /// The worker has stopped: close connections. Completes soon, or is cut by the end of the grace period.
  virtual boost::asio::awaitable<void> close() = 0;
};

/// Runs a worker on each of `threads` loops, and the control loop on the caller's thread: signals, the grace
/// period, and whatever the program adds to `executor()` (an admin endpoint, a progress display). The control
/// loop stays responsive while a handler blocks its shard, so the exit is bounded by the grace period always
/// (promise 6).
///
/// SIGTERM and SIGINT: the first drains, the second cuts, the third exits at once after the report. SIGUSR1:
/// quiet.
class supervisor {
 public:
  using make_shard = std::function<std::unique_ptr<shard_parts>(const boost::asio::any_io_executor& strand)>;

  /// Makes the shards. From here on signals are caught: one that comes before `run` is acted on there.
  supervisor(options, std::size_t threads, make_shard);
  ~supervisor();
  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;

  /// Of the control loop. What is spawned there is abandoned when `run` returns.
  boost::asio::any_io_executor executor();
  /// Runs to the end and returns the exit code. `deliver` is called exactly once, with the report, also when
  /// the process is then ended at once (third signal, or a loop that is stuck at the end of the grace
  /// period).
  int run(std::function<void(const report&)> deliver);

  /// As a first signal with this reason. Any thread.
  void drain(std::string reason);

  // What admin endpoints and displays show. Any thread.
  const accounts& books() const noexcept;
  drain_state state() const noexcept;  ///< of the shard that is furthest behind
  bool is_ready() const noexcept;      ///< running, not quiet, and of no shard the last receive has failed
  std::size_t jobs_running() const noexcept;
  /// How long ago the poll loop that is furthest behind made progress: the measure of liveness, never a job's
  /// length. A poll loop with no free slot to fill is idle, not stuck.
  std::chrono::nanoseconds poll_silence() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace lastcall::worker
