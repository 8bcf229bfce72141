#include "broker/engine.hpp"

namespace lastcall::broker {

engine::engine(random& chance, engine_options options)
    : options_(options),
      dead_letters_(queues_),
      queue_part_(queues_, dead_letters_, options_),
      sending_(queues_, chance, options_),
      receiving_(queues_, dead_letters_, chance, options_),
      leases_(queues_),
      tasks_(queues_, dead_letters_, chance) {}

answer<any_result> engine::perform(const call& caller, any_request request) {
  return std::visit(
      [&](auto& typed) -> answer<any_result> {
        auto result = perform(caller, std::move(typed));
        if (result.has_error()) return result.error();
        return any_result(std::move(*result));
      },
      request);
}

answer<receive_message_result> engine::perform(const call& caller, const receive_message_request& request) {
  auto outcome = receive(caller, request);
  if (outcome.has_error()) return outcome.error();
  return std::move(outcome->result);
}

answer<receive_outcome> engine::receive(const call& caller, const receive_message_request& request) {
  tasks_.run(caller.now);
  return receiving_.receive(caller, request);
}

steady_time engine::next_event(std::uint64_t queue_id) noexcept {
  const queue* q = queues_.find(queue_id);
  return q == nullptr ? steady_time::max() : q->next_event();
}

void engine::reset() {
  tasks_.clear();
  queues_.clear();
}

}  // namespace lastcall::broker
