#pragma once

#include "broker/engine_options.hpp"
#include "broker/registry.hpp"
#include "runtime/random.hpp"

#include <set>
#include <string>

namespace lastcall::broker {

/// SendMessage and its batch.
class send_operations {
 public:
  send_operations(registry& queues, random& chance, const engine_options& options)
      : queues_(queues), random_(chance), options_(options) {}

  answer<send_message_result> perform(const call&, send_message_request);
  answer<send_message_batch_result> perform(const call&, send_message_batch_request);

  /// The account of a sender, as messages point to it.
  const std::string* sender(const std::string& account) { return &*senders_.insert(account).first; }

 private:
  answer<send_message_result> accept(queue&, const call&, outgoing_message&, std::string md5_of_body);
  std::uint64_t scatter(const queue&);

  registry& queues_;
  random& random_;
  const engine_options& options_;
  std::set<std::string> senders_;  ///< the ids of all who have sent; messages point to them
};

/// SequenceNumber of a FIFO queue's message: 20 digits that grow.
std::string sequence_number(std::uint64_t serial);

}  // namespace lastcall::broker
