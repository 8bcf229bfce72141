#pragma once

#include "broker/registry.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace lastcall::broker {

/// The rules between a queue and its dead-letter queue.
class dead_letters {
 public:
  /// The receive count of queues that have none: no message gets there.
  static constexpr std::uint32_t no_limit = std::numeric_limits<std::uint32_t>::max();

  explicit dead_letters(registry& queues) : queues_(queues) {}

  /// Whether a queue at `source` may have these settings: its dead-letter queue exists in the same account
  /// and region, is of the same type and allows it. `policy` is the RedrivePolicy as it was given.
  std::optional<api_error> check(const queue_address& source, const queue_settings&, std::string_view policy);
  /// How often a message of this queue may be received. A dead-letter queue that has been deleted takes no
  /// message: they stay where they are.
  std::uint32_t max_receive_count(const queue& source);
  /// Moves a message that was received too often. It keeps its id, and the receive that moved it counts.
  void bury(const queue& source, std::unique_ptr<stored_message>, moment now);
  /// The queues that name this one as their dead-letter queue, by name.
  std::vector<queue*> sources_of(const queue& dead_letter_queue);

  answer<list_dead_letter_source_queues_result> perform(const call&,
                                                        const list_dead_letter_source_queues_request&);

 private:
  queue* target_of(const queue& source);

  registry& queues_;
};

}  // namespace lastcall::broker
