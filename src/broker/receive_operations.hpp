#pragma once

#include "broker/dead_letters.hpp"
#include "broker/engine_options.hpp"
#include "broker/registry.hpp"
#include "runtime/random.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace lastcall::broker {

/// What a receive brought, and how it may go on: the result of ReceiveMessage without its waiting.
struct receive_outcome {
  std::uint64_t queue_id{};
  std::chrono::seconds wait{};  ///< how long the caller wants to wait where there is nothing
  receive_message_result result;
  /// What was leased to make this answer: what `give_back` undoes. Not what an attempt id brought again.
  std::vector<receipt> leased;
};

/// ReceiveMessage.
class receive_operations {
 public:
  receive_operations(registry& queues, dead_letters& dead, random& chance, const engine_options& options)
      : queues_(queues), dead_letters_(dead), random_(chance), options_(options) {}

  /// What is there now. At the limit of messages in flight a receive that does not wait is an error on a
  /// standard queue (OverLimit); one that waits, and any on a FIFO queue, brings nothing.
  answer<receive_outcome> receive(const call&, const receive_message_request&);
  /// Undoes a receive whose answer reached nobody.
  void give_back(const receive_outcome&, moment now);

 private:
  std::vector<stored_message*> take_available(queue&, moment now, std::chrono::seconds visibility,
                                              std::size_t max);
  std::vector<stored_message*> take_again(queue&, moment now, std::chrono::seconds visibility,
                                          const std::string& attempt_id);
  void deliver_twice(queue&, const std::vector<stored_message*>&, moment now);

  registry& queues_;
  dead_letters& dead_letters_;
  random& random_;
  const engine_options& options_;
};

}  // namespace lastcall::broker
