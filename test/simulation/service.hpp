#pragma once

#include "broker/engine.hpp"
#include "broker/long_polls.hpp"
#include "simulation/oracle.hpp"
#include "simulation/plan.hpp"
#include "simulation/scheduler.hpp"
#include "sqs/queue.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lastcall::simulation {

/// SQS: the broker's engine on virtual time. Says to the oracle what truly happens. Everything here happens
/// in the instant in which it is called; the way to it and back is the wire's.
class service final : public truth {
 public:
  service(lane& world, const plan&, oracle&);

  void send(std::size_t index, const message_plan&);

  using receive_reply = std::function<void(result<sqs::receive_answer>)>;
  /// A long poll, which goes on whether its caller is still there or not.
  void receive(const sqs::receive_request&, const poll_ptr&, receive_reply);
  using raw_reply = std::function<void(broker::answer<broker::receive_message_result>)>;
  /// The same as the API has it. A message that is damaged on its way has another body than was sent.
  void receive(broker::receive_message_request, const poll_ptr&, raw_reply);
  result<std::vector<sqs::batch_failure>> remove(std::size_t process,
                                                 const std::vector<std::string>& handles);
  result<std::vector<sqs::batch_failure>> change_visibility(std::size_t process,
                                                            const std::vector<sqs::visibility_change>&,
                                                            bool caller_has_gone);
  result<sqs::queue_counts> counts();
  broker::answer<broker::get_queue_attributes_result> attributes(broker::get_queue_attributes_request);

  const std::string& url() const noexcept { return url_; }
  bool is_fifo() const noexcept { return plan_.fifo; }
  /// Whether every message is deleted or in the dead-letter queue.
  bool is_done() const;
  std::size_t left() const;
  /// The messages that the service has, by their numbers in the plan, those of the dead-letter queue among
  /// them.
  std::vector<std::size_t> present() const;
  lease_state look(std::uint64_t serial) const override;
  /// Faults end.
  void calm() noexcept { is_calm_ = true; }

 private:
  struct open_poll {
    poll_ptr poll;
    raw_reply reply;
    broker::long_polls::ticket ticket;
  };

  broker::call caller() const;
  void answered(std::uint64_t poll);
  void settle();
  bool is_refusing(bool deletes) const;
  template <class Entry, class Perform>
  result<std::vector<sqs::batch_failure>> entry_by_entry(const std::vector<Entry>&, bool deletes, Perform);

  lane& world_;
  const plan& plan_;
  oracle& oracle_;
  dice dice_;
  seeded_random random_;
  broker::engine engine_;
  broker::long_polls polls_;
  std::unordered_map<std::uint64_t, open_poll> open_;
  std::string name_;  ///< of the queue, which the engine knows by that as well
  std::string url_;
  broker::queue* queue_{};
  broker::queue* dead_letters_{};
  steady_time wakes_at_{steady_time::max()};
  bool is_calm_{false};
};

}  // namespace lastcall::simulation
