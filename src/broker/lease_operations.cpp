#include "broker/lease_operations.hpp"

#include "broker/batch.hpp"

#include <fmt/format.h>

namespace lastcall::broker {
namespace {

/// In a batch every entry needs its handle, or the batch fails whole.
template <class Entry>
std::optional<api_error> check_handles(const std::vector<Entry>& entries, std::string_view entry_type) {
  if (auto wrong = check_batch(entries, entry_type)) return wrong;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i].receipt_handle.empty())
      return faults::missing_parameter(fmt::format("{}.{}.ReceiptHandle", entry_type, i + 1));
  return std::nullopt;
}

}  // namespace

answer<empty_result> lease_operations::perform(const call& caller, const delete_message_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  return remove(**found, r.receipt_handle);
}

answer<delete_message_batch_result> lease_operations::perform(const call& caller,
                                                              const delete_message_batch_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  if (auto wrong = check_handles(r.entries, "DeleteMessageBatchRequestEntry")) return *wrong;
  return for_each_entry<delete_message_batch_result>(
      r.entries, [&](const auto& entry) { return remove(**found, entry.receipt_handle); });
}

answer<empty_result> lease_operations::perform(const call& caller,
                                               const change_message_visibility_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  return change_visibility(**found, caller.now, r.receipt_handle, r.visibility_timeout_s);
}

answer<change_message_visibility_batch_result> lease_operations::perform(
    const call& caller, const change_message_visibility_batch_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  if (auto wrong = check_handles(r.entries, "ChangeMessageVisibilityBatchRequestEntry")) return *wrong;
  return for_each_entry<change_message_visibility_batch_result>(r.entries, [&](const auto& entry) {
    return change_visibility(**found, caller.now, entry.receipt_handle, entry.visibility_timeout_s);
  });
}

answer<lease_operations::holding> lease_operations::resolve(queue& q, std::string_view handle) {
  if (handle.empty()) return faults::missing_parameter("ReceiptHandle");
  const std::optional<receipt> receipt = decode_receipt_handle(handle);
  if (!receipt) return faults::malformed_receipt_handle(handle);
  if (receipt->queue_id != q.id()) return faults::foreign_receipt_handle(handle);
  stored_message* m = q.find(*receipt);
  if (m == nullptr) return holding{nullptr, false};
  const bool newest = m->lease == receipt->lease;
  if (q.is_fifo() && !(newest && m->where == stored_message::state::in_flight))
    return faults::invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.");
  return holding{m, newest};
}

answer<empty_result> lease_operations::remove(queue& q, std::string_view handle) {
  const auto held = resolve(q, handle);
  if (held.has_error()) return held.error();
  if (held->message == nullptr || !held->newest) return empty_result{};
  q.take(*held->message);
  ++q.totals.deleted;
  queues_.touch(q);
  return empty_result{};
}

answer<empty_result> lease_operations::change_visibility(queue& q, moment now, std::string_view handle,
                                                         std::optional<std::int64_t> timeout_s) {
  if (!timeout_s) return faults::missing_parameter("VisibilityTimeout");
  const std::string value = std::to_string(*timeout_s);
  if (*timeout_s < 0 || *timeout_s > visibility_limit.count())
    return faults::invalid_value(value, "VisibilityTimeout", "Must be >= 0 and <= 43200, if provided.");
  const auto held = resolve(q, handle);
  if (held.has_error()) return held.error();
  if (held->message == nullptr)
    return faults::invalid_value(handle, "ReceiptHandle",
                                 "Message does not exist or is not available for visibility timeout change.");
  stored_message& m = *held->message;
  // A standard queue's newest handle hides its message again after its lease has ended; an older one is
  // answered with success and does nothing.
  const bool is_visible = m.where == stored_message::state::available;
  if (!held->newest || (is_visible && *timeout_s == 0)) return empty_result{};
  const auto held_for = std::chrono::floor<std::chrono::seconds>(now.steady - m.leased_at);
  const std::chrono::seconds timeout(*timeout_s);
  if (held_for + timeout > visibility_limit)
    return faults::invalid_value(
        value, "VisibilityTimeout",
        "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]");
  q.hide(m, now.steady, timeout);
  m.visibility_changed = true;
  queues_.touch(q);
  return empty_result{};
}

}  // namespace lastcall::broker
