#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <lastcall/message.hpp>
#include <optional>
#include <string>

namespace lastcall {

/// What became of a job, as its handler says it. Any but `done` makes the message visible again.
struct outcome {
  enum class kind {
    done,    ///< succeeded: the message is deleted
    retry,   ///< not now: the message comes again; expected, logged quietly
    failed,  ///< went wrong: the message comes again, until the queue's redrive policy moves it away
    stopped  ///< told to stop, and stopped before the end: the message is visible to another worker at once
  };

  kind what{kind::done};
  /// For one line of the log and the report.
  std::string reason;
  /// When the message should come again, from now; without it a backoff that grows with the receive count.
  std::optional<std::chrono::seconds> retry_after;

  static outcome done() { return {}; }
  static outcome retry(std::string reason, std::optional<std::chrono::seconds> after = {}) {
    return {kind::retry, std::move(reason), after};
  }
  static outcome failed(std::string reason, std::optional<std::chrono::seconds> after = {}) {
    return {kind::failed, std::move(reason), after};
  }
  static outcome stopped(std::string reason = {}) { return {kind::stopped, std::move(reason), {}}; }
};

/// Why a running job is told to stop.
enum class stop_reason {
  none,
  draining,    ///< the process ends and its grace period leaves no more time
  lease_lost,  ///< the message is, or soon will be, someone else's: success no longer counts
  time_limit   ///< the job's own time limit has passed
};

/// A message being worked on: what a handler is given. Used on the handler's executor only.
class job {
 public:
  virtual ~job() = default;
  virtual const lastcall::message& message() const noexcept = 0;
  virtual const std::string& queue_name() const noexcept = 0;
  /// Why the job is told to stop; `none` while it is not. The handler's coroutine is cancelled once when this
  /// changes: the operation it awaits ends early, later ones run normally.
  virtual stop_reason stopping() const noexcept = 0;
  /// Once told to stop: when the worker gives the job up. Until then it may save its state and clean up.
  virtual std::chrono::steady_clock::time_point stop_deadline() const noexcept = 0;

  /// The handler has no use for the message's body any more: its memory is given back, and `message().body` is
  /// empty from now on. A job that takes an hour need not hold it for an hour.
  virtual void drop_body() noexcept {}

  /// The cursor that an earlier run of this job saved, byte for byte; empty: begin at the beginning. It stays
  /// what it was when the run began.
  virtual const std::string& checkpoint() const noexcept;
  /// Keeps a cursor of at most `largest_checkpoint` bytes, in place of an earlier one, until the message is
  /// deleted or 14 days have passed; the next run of this job is given it. Being told to stop is the moment to
  /// save, but any will do. Completes with true when the cursor is durable, so before whatever the handler
  /// answers makes the message visible; with false when it is not kept, and the log says why. Runs to its end
  /// also when the job was told to stop.
  virtual boost::asio::awaitable<bool> save_checkpoint(std::string cursor);
};

/// Of a cursor, in bytes. It says where a job stands; what the job has made belongs elsewhere.
inline constexpr std::size_t largest_checkpoint = 64 * 1024;

/// The work itself, the same object for all messages. `run` is called on the worker's strand, several times
/// at once.
class handler {
 public:
  virtual ~handler() = default;
  /// Does one job. The visibility timeout is extended while it runs. When the job is told to stop, what it
  /// awaits is cancelled (terminal) and ends early; it should return soon, by `job::stop_deadline`. An
  /// exception that leaves it is a failed job.
  virtual boost::asio::awaitable<outcome> run(job&) = 0;
  /// What became of the message of a job that was `done`: true, it is deleted and will not come again; false,
  /// that is not certain. Called once for each, on the worker's strand; must not block.
  virtual void settled(const message&, bool /*deleted*/) noexcept {}
};

}  // namespace lastcall
