#pragma once

#include "broker/engine.hpp"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>

namespace lastcall::broker {

struct long_poll_options {
  /// SQS does not notice that a client has gone: its poll goes on and leases messages to nobody.
  bool abandoned_polls_lease{false};
};

/// Receives that wait, in the order in which they came. Pure: who calls `settle` when `next_event` has come,
/// and after each operation, decides how time passes.
class long_polls {
 public:
  /// One ReceiveMessage, waiting or answered.
  class poll {
   public:
    bool is_answered() const noexcept { return result_.has_value(); }
    /// The answer, once there is one; at most once.
    answer<receive_message_result> take();

   private:
    friend class long_polls;
    call caller_;
    receive_message_request request_;
    std::function<void()> on_answer_;
    steady_time deadline_{};
    std::uint64_t queue_id_{};
    std::uint64_t number_{};                            ///< counts polls
    std::list<std::shared_ptr<poll>>::iterator place_;  ///< while it waits
    std::optional<answer<receive_outcome>> result_;
  };
  using ticket = std::shared_ptr<poll>;

  explicit long_polls(engine& e, long_poll_options options = {}) : engine_(e), options_(options) {}
  long_polls(const long_polls&) = delete;
  long_polls& operator=(const long_polls&) = delete;

  /// Receives, and waits as long as the request or the queue says. A poll that is answered at once is so on
  /// return; for others `on_answer` is called, from within `settle`, when there is an answer.
  ticket receive(const call&, receive_message_request, std::function<void()> on_answer);
  /// The client of this poll has gone: nobody will take the answer. What it has leased is given back, unless
  /// polls are to lease on as with SQS. `on_answer` is not called any more.
  void abandon(const ticket&, moment now);

  /// Answers the polls that can be answered: the oldest first where something has come, and those whose time
  /// is over with nothing. To be called after operations of the engine, and at `next_event`.
  void settle(moment now);
  /// When `settle` has something to do by time alone.
  steady_time next_event() const noexcept;
  /// Polls that wait.
  std::size_t waiting() const noexcept { return deadlines_.size(); }

 private:
  /// A time and, to tell equal ones apart, the number of a poll.
  using poll_time = std::pair<steady_time, std::uint64_t>;
  struct queue_of_polls {
    std::list<ticket> polls;                ///< in the order of their coming
    steady_time wakes{steady_time::max()};  ///< the entry in `wakes_`
  };
  bool try_answer(poll&, moment now);
  void serve(std::uint64_t queue_id, moment now);
  void remove(queue_of_polls&, poll&);
  void release_if_empty(std::uint64_t queue_id);
  void wake_at(std::uint64_t queue_id, queue_of_polls&, steady_time when);

  engine& engine_;
  const long_poll_options options_;
  std::unordered_map<std::uint64_t, queue_of_polls> queues_;
  std::set<std::pair<steady_time, std::uint64_t>> wakes_;  ///< queues, by when something is receivable
  std::map<poll_time, ticket> deadlines_;                  ///< polls, by when they give up
  std::uint64_t polls_made_{0};
};

}  // namespace lastcall::broker
