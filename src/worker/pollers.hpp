#pragma once

#include "runtime/gate.hpp"
#include "worker/demand.hpp"
#include "worker/intake.hpp"
#include "worker/shard.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <string>
#include <vector>

namespace lastcall::worker {

/// Whom the pollers ask for room and hand their answers to. Called on the shard's strand.
class intake_owner {
 public:
  virtual ~intake_owner() = default;
  /// The shard's counts; the pollers fill in `reserved` themselves.
  virtual intake room() const = 0;
  /// An answer, empty or not. `asked_at`: when the receive was sent.
  virtual void arrived(sqs::receive_answer, steady_time asked_at) = 0;
  /// The number of open receives, or the readiness, has changed.
  virtual void polls_changed() = 0;
  /// A moment to see whether the run is over, if it ends with the queue: an empty answer came (`came_up_empty`), or
  /// there is no room. Completes before the poller goes on.
  virtual boost::asio::awaitable<void> look_for_the_end(bool came_up_empty) = 0;
};

/// The receive loops of a shard. As many of them are at work as there is demand for (`receive_demand`), the
/// others rest. Each asks for as many messages as there are free slots, never more (promise 10); a receive that
/// fails is repeated with backoff, without end, on a FIFO queue as the same attempt. A receive that is open is
/// never aborted but by `abort`: SQS goes on leasing messages to it, for nobody (promise 3; aws-sdk-js#2350).
class pollers {
 public:
  pollers(shard& s, intake_owner& owner);
  ~pollers();

  void start();
  /// A slot has become free.
  void slot_freed() noexcept;
  /// No new receive from here on; open ones are left to answer.
  void close() noexcept;
  /// Takes in no more, until the end, without draining (SIGUSR1).
  void quiet() noexcept { quiet_ = true; }
  /// Gives up open receives, and whatever else the loops wait for. What the service may still lease to them
  /// is stranded (`accounts::receives_linger_until`). On FIFO queues what it has leased is asked for again
  /// with the same ReceiveRequestAttemptId.
  void abort();
  /// Completes when every loop has ended.
  boost::asio::awaitable<void> join();

  std::size_t open() const noexcept { return open_; }
  /// How much longer than its wait a receive may stay open at the service.
  static constexpr std::chrono::seconds wait_slack{1};
  /// The last receive that has ended has failed. False before the first one has: on an empty queue that takes
  /// its whole wait.
  bool is_failing() const noexcept { return is_failing_; }
  bool is_quiet() const noexcept { return quiet_; }
  /// When a loop last made progress; `max` while all wait for a free slot.
  steady_time progressed_at() const noexcept;

 private:
  struct loop;

  boost::asio::awaitable<void> run(loop& l, gate::holder inside);
  steady_time look_again() const;
  boost::asio::awaitable<void> wait_for_room(loop& l, steady_time until);
  boost::asio::awaitable<result<sqs::receive_answer>> receive(loop& l, int count, std::chrono::seconds wait);
  boost::asio::awaitable<void> poll(loop& l, int count);
  boost::asio::awaitable<void> back_off(loop& l, const error& why);
  void reserve(loop& l, int count) noexcept;
  void count_unanswered(const error& why);
  void learn(std::size_t asked, std::size_t got);
  intake room() const;

  shard& shard_;
  intake_owner& owner_;
  std::chrono::seconds wait_;
  std::vector<std::unique_ptr<loop>> loops_;
  receive_demand demand_;
  gate running_;
  std::size_t reserved_{0};
  std::size_t open_{0};
  bool is_failing_{false};
  bool closing_{false};
  bool quiet_{false};
};

}  // namespace lastcall::worker
