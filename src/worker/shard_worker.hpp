#pragma once

#include "worker/drain.hpp"
#include "worker/keeper.hpp"
#include "worker/pollers.hpp"
#include "worker/settler.hpp"
#include "worker/shard.hpp"

#include <array>
#include <atomic>
#include <lastcall/job.hpp>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lastcall::worker {

/// What other threads may read of a shard at any time.
struct shard_status {
  std::atomic<drain_state> state{drain_state::running};
  std::array<std::atomic<steady_time>, 5>
      entered{};  ///< when each state began; a state passed over keeps zero
  std::atomic<std::size_t> jobs_running{0};
  std::atomic<bool> is_ready{false};
  std::atomic<steady_time>
      polled_at{};  ///< when a poll loop last made progress; `max`: all wait for a free slot
};

/// What a shard tells the process of which it is a part. Called on the shard's strand.
class shard_owner {
 public:
  virtual ~shard_owner() = default;
  /// The shard is draining and has no open receive any more. The owner calls
  /// `shard_worker::release_held_back` of every shard once all of them have said so.
  virtual void polls_closed() = 0;
  /// The queue holds nothing more for this process (`options::drain_when_empty`).
  virtual void queue_is_empty() = 0;
};

/// One shard's worker: receives, runs a coroutine a message, keeps leases, settles, drains. Everything is
/// called on the strand of its shard.
class shard_worker final : private intake_owner {
 public:
  /// `first_id`: where the numbers of this shard's messages begin; they are unique in the process.
  shard_worker(shard& s, handler& h, shard_owner& owner, shard_status& status, std::uint64_t first_id);
  ~shard_worker() override;
  shard_worker(const shard_worker&) = delete;
  shard_worker& operator=(const shard_worker&) = delete;

  /// Works until `drain` and its end. True: nothing is held, no coroutine of the worker is left. False: the
  /// grace period ended first, or a job ignored that it was told to stop; neither this object nor its
  /// executor may be destroyed.
  boost::asio::awaitable<bool> run();

  void drain() noexcept;  ///< as the first signal
  void press() noexcept;  ///< as the second signal
  void quiet() noexcept;  ///< as SIGUSR1: takes in nothing more
  /// No receive of the process is open: what was held back may be released.
  void release_held_back() noexcept;

 private:
  // What the pollers see, and what they bring (shard_worker_intake.cpp).
  intake room() const override;
  void arrived(sqs::receive_answer, steady_time asked_at) override;
  void polls_changed() override;
  boost::asio::awaitable<void> look_for_the_end(bool came_up_empty) override;
  bool goes_round() const;
  delivery_ptr take_in(message&& m, steady_time asked_at);
  void put_back(delivery_ptr d, std::chrono::seconds after);

  // One message, from its turn to its settlement (shard_worker_message.cpp).
  boost::asio::awaitable<void> work_on(delivery_ptr d, gate::holder running);
  void start(delivery& d);
  void ended(delivery& d);
  bool removed(const delivery& d, settlement s);
  std::chrono::seconds rest_after(const delivery& d, const outcome& o) const;
  boost::asio::awaitable<void> put_back_now(delivery_ptr d, std::chrono::seconds after, gate::holder running);
  boost::asio::awaitable<void> release(delivery& d, std::chrono::seconds after);
  std::chrono::seconds receives_linger_for(steady_time now) const;
  bool may_release() const noexcept;
  boost::asio::awaitable<void> wait_until_releasable();
  void account(const delivery& d, const outcome& o);
  std::chrono::seconds pause_before_retry(const delivery& d, const outcome& o) const;
  void free_slot() noexcept;
  void leave(delivery& d, bool deleted);

  // Who is told to stop, and when (shard_worker.cpp).
  drain_view view() const noexcept;
  void enter(drain_state);
  void act_on_time(steady_time now);
  void limit_time(delivery& d, steady_time when);
  void keep_time_limits(steady_time now);
  void give_up(delivery& d);
  steady_time next_time(steady_time now) const noexcept;
  void publish() noexcept;
  bool is_draining() const noexcept { return machine_.state() != drain_state::running; }

  shard& shard_;
  handler& handler_;
  shard_owner& owner_;
  shard_status& status_;
  drain_machine machine_;
  keeper keeper_;
  settler settler_;
  pollers pollers_;
  gate in_flight_;   ///< the messages held, each until its delete or release is answered
  gate coroutines_;  ///< the worker's own, one a message
  gate loops_;
  wakeup changed_;
  std::unordered_map<std::uint64_t, delivery_ptr> held_;
  std::set<std::pair<steady_time, std::uint64_t>> time_limits_;  ///< of running jobs, by their numbers
  std::vector<one_shot<bool>*> waiting_to_release_;
  std::uint64_t next_id_;
  std::size_t slots_taken_{
      0};  ///< by messages whose handler runs, or that wait for their turn in their group
  std::size_t running_{0};
  std::size_t late_{0};
  bool asked_{false};
  bool pressed_{false};
  bool quiet_{false};
  bool all_polls_closed_{false};
  bool said_polls_closed_{false};
  bool jobs_given_up_{false};
  bool polls_given_up_{false};
};

}  // namespace lastcall::worker
