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

bool engine::drop(std::uint64_t queue_id, std::uint64_t serial) {
  queue* q = queues_.find(queue_id);
  stored_message* m = q == nullptr ? nullptr : q->find(serial);
  if (m == nullptr) return false;
  q->take(*m);
  queues_.touch(*q);
  return true;
}

void engine::reset() {
  tasks_.clear();
  queues_.clear();
}

void engine::record_changes() {
  is_recording_ = true;
  queues_.record_changes();
}

change_set engine::take_changes(moment now) {
  change_set changes;
  queues_.take_changes(changes, now);
  tasks_.take_changes(changes);
  return changes;
}

void engine::forget() noexcept {
  is_recording_ = false;
  tasks_.clear();
  queues_.forget();
}

void engine::restore(saved_record record, moment now) {
  const auto in_queue = [&](std::uint64_t id, auto take_in) {
    if (queue* q = queues_.find(id)) take_in(*q);
  };
  const auto restore_typed = [&]<class Record>(Record& saved) {
    if constexpr (std::is_same_v<Record, saved_counter>)
      queues_.restore(saved);
    else if constexpr (std::is_same_v<Record, saved_queue>)
      queues_.restore(std::move(saved), now);
    else if constexpr (std::is_same_v<Record, saved_deletion>)
      queues_.restore(saved, now);
    else if constexpr (std::is_same_v<Record, saved_task>)
      tasks_.restore(std::move(saved), now);
    else if constexpr (std::is_same_v<Record, saved_message>)
      in_queue(saved.state.queue_id,
               [&](queue& q) { q.restore(std::move(saved), *sending_.sender(saved.sender_id), now); });
    else
      in_queue(saved.queue_id, [&](queue& q) { q.restore(std::move(saved), now); });
  };
  std::visit(restore_typed, record);
}

}  // namespace lastcall::broker
