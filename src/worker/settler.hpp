#pragma once

#include "runtime/gate.hpp"
#include "worker/delivery.hpp"
#include "worker/shard.hpp"

#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <vector>

namespace lastcall::worker {

/// How a delete or a release ended.
enum class settlement {
  done,  ///< the service has confirmed it
  gone,  ///< the message was not ours any more: its lease had ended, or it is deleted
  open,  ///< not answered by the end: it may or may not have happened
  again  ///< not carried out, or not answered: it may be tried again now
};

/// Batches deletes and releases, and looks at each entry of an answer alone. An entry that failed and may
/// succeed is tried again, with full-jitter backoff, until it is answered, the lease is lost, or the end is
/// reached.
class settler {
 public:
  explicit settler(shard& s);

  /// DeleteMessage, as often as it takes; never `again`. Sends nothing once the lease is lost: the message
  /// may be someone else's (promise 5).
  boost::asio::awaitable<settlement> remove(delivery&);
  /// ChangeMessageVisibility, once: the message is visible again after `after`. Before another try the caller
  /// sees whether it may still, and how. `tries`: how many there were.
  boost::asio::awaitable<settlement> release(delivery&, std::chrono::seconds after, unsigned tries);

  /// The drain has begun: nothing waits for company any more, and everything ends by `end_at`.
  void hurry(steady_time end_at) noexcept;
  /// Send batches until `stop`; completes when every batch under way has been answered.
  boost::asio::awaitable<void> run();
  void stop() noexcept;

 private:
  using reply = one_shot<std::optional<sqs::batch_failure>>;
  struct entry {
    delivery* of;
    std::chrono::seconds after;
    steady_time until;  ///< when an answer is waited for no longer
    reply* told;
  };
  struct lane {
    std::deque<entry> waiting;
    steady_time oldest{};
    std::vector<const std::vector<entry>*> under_way;  ///< sent and not answered
    bool removes{};
  };

  void ask(lane&, delivery&, std::chrono::seconds after, unsigned tries, reply& told);
  settlement judge(const lane&, const delivery&, const std::optional<sqs::batch_failure>&);
  boost::asio::awaitable<void> send(lane&, std::vector<entry> batch, gate::holder inside);
  void note_unanswered(const lane&, const delivery&);
  boost::asio::awaitable<void> pause(unsigned tries);
  std::optional<steady_time> flush(lane&, steady_time now);

  shard& shard_;
  lane deletes_;
  lane releases_;
  std::list<std::unique_ptr<wakeup>> pausing_;  ///< before another try
  wakeup changed_;
  gate batches_;
  std::chrono::nanoseconds linger_{5ms};
  steady_time end_at_{steady_time::max()};
  bool stopping_{false};
};

}  // namespace lastcall::worker
