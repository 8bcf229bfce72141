#pragma once

#include "runtime/gate.hpp"
#include "runtime/one_shot.hpp"
#include "worker/lease.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <cstdint>
#include <lastcall/job.hpp>
#include <memory>
#include <string>

namespace lastcall::worker {

/// A message that this process holds, from its receive to its settlement, and the job that its handler sees.
///
/// | from               | to       | when                                                             |
/// |--------------------|----------|------------------------------------------------------------------|
/// | waiting            | running  | its turn has come, its lease is proven and it is not to stop     |
/// | running            | settling | the handler has returned: a delete if it is done, or a release   |
/// | running            | given_up | its time to stop is over: a release, and the handler goes on     |
/// | any but running    | the end  | its delete or release is answered, or time is up                 |
class delivery final : public job {
 public:
  enum class phase {
    waiting,   ///< not started: its group's turn has not come, or it is to be put back
    running,   ///< its handler runs
    settling,  ///< its handler has returned
    given_up   ///< its handler did not stop in time; the worker settles the message without it
  };

  delivery(std::uint64_t number, lastcall::message&& m, const std::string& queue, worker::lease l)
      : id(number), lease(l), message_(std::move(m)), queue_name_(queue) {}

  const lastcall::message& message() const noexcept override { return message_; }
  const std::string& queue_name() const noexcept override { return queue_name_; }
  stop_reason stopping() const noexcept override { return stopping_; }
  steady_time stop_deadline() const noexcept override { return stop_deadline_; }

  void drop_body() noexcept override { std::string().swap(message_.body); }

  /// Tells the job why and until when, and cancels what its handler awaits. Only the first reason counts, but
  /// a later call may bring the deadline forward.
  void stop(stop_reason why, steady_time deadline) {
    stop_deadline_ = stopping_ == stop_reason::none ? deadline : std::min(stop_deadline_, deadline);
    if (stopping_ != stop_reason::none) return;
    stopping_ = why;
    if (now == phase::running) cancel.emit(boost::asio::cancellation_type::terminal);
  }

  const std::uint64_t id;  ///< unique in the process: the key of the books
  worker::lease lease;
  /// Cancels the handler; the coroutine that runs it is spawned with its slot.
  boost::asio::cancellation_signal cancel;
  steady_time started_at{};
  steady_time limit_at{steady_time::max()};  ///< when its time is over
  /// In the worker's in-flight gate until the message is settled, whoever settles it.
  gate::holder inside;
  phase now{phase::waiting};
  bool is_late{false};
  bool may_help{false};         ///< with `drain_when_empty`: its job may get the run further
  bool delete_sent{false};      ///< from then on it may be deleted, and an extension refused for that
  bool has_predecessor{false};  ///< FIFO: waits for its turn
  /// FIFO: the next message of the group in the same answer waits for this one.
  std::shared_ptr<delivery> next_in_group;
  /// Set by the one before in the group: true, it was deleted; false, hold the order and do not run.
  one_shot<bool> turn;
  /// Keeper's: when it looks at this lease next, and who waits for the answer to an extension.
  steady_time planned_at{steady_time::max()};
  one_shot<bool>* extension_answered{nullptr};

 private:
  lastcall::message message_;
  const std::string& queue_name_;
  steady_time stop_deadline_{steady_time::max()};
  stop_reason stopping_{stop_reason::none};
};

using delivery_ptr = std::shared_ptr<delivery>;

}  // namespace lastcall::worker
