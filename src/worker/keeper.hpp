#pragma once

#include "runtime/gate.hpp"
#include "worker/delivery.hpp"
#include "worker/shard.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace lastcall::worker {

/// Keeps the leases of all messages that the shard holds (promise 5): extends each at half of its visibility
/// timeout, in batches of 10, and tells the job when its lease is lost. Knows nothing of the drain: whoever
/// holds a message keeps its lease, whatever the worker's state.
class keeper {
 public:
  explicit keeper(shard& s);

  /// From now on the lease is kept. The delivery must be removed before it dies.
  void add(delivery&);
  /// Looks at the lease no more.
  void remove(delivery&) noexcept;

  /// Extends no more and completes when no extension is on its way, which would take the message back after a
  /// release. The delivery stays registered.
  boost::asio::awaitable<void> let_go(delivery&);
  /// Undoes `let_go`, for a release that has to wait.
  void take_up(delivery&);

  /// Runs until `stop`.
  boost::asio::awaitable<void> run();
  /// Nothing is held any more: what is still under way is of no use, and is given up.
  void stop();
  /// Extensions that begin later end by this time.
  void end_by(steady_time when) noexcept { end_at_ = when; }

 private:
  struct by_plan {
    bool operator()(const delivery* a, const delivery* b) const noexcept {
      return std::tie(a->planned_at, a->id) < std::tie(b->planned_at, b->id);
    }
  };
  using canceller = std::shared_ptr<boost::asio::cancellation_signal>;

  void plan(delivery&, steady_time when);
  void look_at_due(steady_time now);
  void lose(delivery&, steady_time now, std::string_view why);
  boost::asio::awaitable<void> extend(std::vector<std::uint64_t> ids,
                                      std::vector<sqs::visibility_change> changes, steady_time until,
                                      canceller cancel, gate::holder inside);
  void answered(std::uint64_t id, const error* problem, bool final, steady_time asked_at,
                std::chrono::seconds length);
  boost::asio::awaitable<void> next_answer(delivery&);

  shard& shard_;
  std::set<delivery*, by_plan> plan_;                   ///< without those that are not looked at
  std::unordered_map<std::uint64_t, delivery*> asked_;  ///< whose extension is on its way
  wakeup changed_;
  gate extensions_;
  std::vector<canceller> under_way_;  ///< extensions
  steady_time end_at_{steady_time::max()};
  bool stopping_{false};
};

}  // namespace lastcall::worker
