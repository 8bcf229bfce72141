#pragma once

#include "broker/dead_letters.hpp"
#include "broker/engine_options.hpp"
#include "broker/lease_operations.hpp"
#include "broker/move_tasks.hpp"
#include "broker/queue_operations.hpp"
#include "broker/receive_operations.hpp"
#include "broker/registry.hpp"
#include "broker/send_operations.hpp"
#include "runtime/random.hpp"

namespace lastcall::broker {

/// SQS as a value: every operation of the API and every rule behind it, without a socket, a clock or a
/// thread. The time comes in with each call and must not go back; chance comes from the random that it was
/// made with. Which file has which rule: README.md in this folder.
class engine {
 public:
  explicit engine(random& chance, engine_options options = {});
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Carries out any operation. ReceiveMessage does not wait here: `long_polls` waits.
  answer<any_result> perform(const call&, any_request);
  /// One operation, typed: `send_message_request` answers `send_message_result`, and so on.
  template <class Request>
  auto perform(const call& caller, Request request) {
    tasks_.run(caller.now);
    return part_for(request).perform(caller, std::move(request));
  }
  /// ReceiveMessage without waiting.
  answer<receive_message_result> perform(const call&, const receive_message_request&);
  /// The same, with what is needed to wait or to undo it.
  answer<receive_outcome> receive(const call&, const receive_message_request&);
  void give_back(const receive_outcome& outcome, moment now) { receiving_.give_back(outcome, now); }

  /// The queues in which something may have become receivable, or will at another time than before, since the
  /// last call; also those that have been deleted.
  std::vector<std::uint64_t> take_changed() { return queues_.take_changed(); }
  /// When something in this queue becomes receivable by time alone, as far as is known now.
  steady_time next_event(std::uint64_t queue_id) noexcept;
  /// Does what is due by time alone and isn't tied to a queue that someone asks for: moves messages of move
  /// tasks.
  void advance(moment now) { tasks_.run(now); }
  steady_time next_task_event() const noexcept { return tasks_.next_event(); }

  /// Begins to note what changes. Whoever keeps the engine elsewhere asks for it with `take_changes`: what
  /// was answered until then is in it.
  void record_changes();
  bool has_changes() const noexcept {
    return is_recording_ && (queues_.has_changes() || tasks_.has_changes());
  }
  change_set take_changes(moment now);
  /// Empties the engine without noting it, and stops noting; then takes in what was kept, the queues first.
  void forget() noexcept;
  void restore(saved_record, moment now);

  /// Takes a message out of a queue that is up to date, whatever the message's state: for who runs the server.
  /// False: it is gone already.
  bool drop(std::uint64_t queue_id, std::uint64_t serial);
  /// Forgets everything: all queues of all accounts.
  void reset();
  /// For those who show or measure the server.
  const registry& queues() const noexcept { return queues_; }

 private:
  queue_operations& part_for(const auto&) noexcept { return queue_part_; }
  send_operations& part_for(const send_message_request&) noexcept { return sending_; }
  send_operations& part_for(const send_message_batch_request&) noexcept { return sending_; }
  lease_operations& part_for(const delete_message_request&) noexcept { return leases_; }
  lease_operations& part_for(const delete_message_batch_request&) noexcept { return leases_; }
  lease_operations& part_for(const change_message_visibility_request&) noexcept { return leases_; }
  lease_operations& part_for(const change_message_visibility_batch_request&) noexcept { return leases_; }
  dead_letters& part_for(const list_dead_letter_source_queues_request&) noexcept { return dead_letters_; }
  move_tasks& part_for(const start_message_move_task_request&) noexcept { return tasks_; }
  move_tasks& part_for(const cancel_message_move_task_request&) noexcept { return tasks_; }
  move_tasks& part_for(const list_message_move_tasks_request&) noexcept { return tasks_; }

  const engine_options options_;
  registry queues_;
  dead_letters dead_letters_;
  queue_operations queue_part_;
  send_operations sending_;
  receive_operations receiving_;
  lease_operations leases_;
  move_tasks tasks_;
  bool is_recording_{false};
};

}  // namespace lastcall::broker
