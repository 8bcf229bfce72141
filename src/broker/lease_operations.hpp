#pragma once

#include "broker/registry.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace lastcall::broker {

/// What the holder of a receipt handle can do: DeleteMessage, ChangeMessageVisibility and their batches.
///
/// On a standard queue the newest handle of a message still deletes it when its lease has ended; a change of
/// visibility then, and an older handle, is answered with success and does nothing. On a FIFO queue a handle is good as long as its lease.
class lease_operations {
 public:
  explicit lease_operations(registry& queues) : queues_(queues) {}

  answer<empty_result> perform(const call&, const delete_message_request&);
  answer<delete_message_batch_result> perform(const call&, const delete_message_batch_request&);
  answer<empty_result> perform(const call&, const change_message_visibility_request&);
  answer<change_message_visibility_batch_result> perform(const call&,
                                                         const change_message_visibility_batch_request&);

 private:
  /// The message that a handle leads to; nullptr: it is deleted.
  struct holding {
    stored_message* message;
    bool newest;  ///< false: it has been received again since
  };
  answer<holding> resolve(queue&, std::string_view receipt_handle);
  answer<empty_result> remove(queue&, std::string_view receipt_handle);
  answer<empty_result> change_visibility(queue&, moment now, std::string_view receipt_handle,
                                         std::optional<std::int64_t> timeout_s);

  registry& queues_;
};

}  // namespace lastcall::broker
