#pragma once

#include "broker/api.hpp"
#include "broker/api_error.hpp"
#include "broker/redrive_policy.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lastcall::broker {

/// The largest message, and the largest sum of a batch: 1 MiB.
inline constexpr std::uint64_t message_bytes_limit = 1'048'576;
/// How long a message may be hidden in all, counted from its receive.
inline constexpr std::chrono::seconds visibility_limit{43'200};

/// What CreateQueue and SetQueueAttributes set, with the defaults and limits of the API reference.
struct queue_settings {
  enum class scope { queue, message_group };

  bool fifo{false};
  std::chrono::seconds visibility_timeout{30};
  std::chrono::seconds delay{0};
  std::chrono::seconds receive_wait{0};
  std::chrono::seconds retention{345'600};
  std::uint64_t max_message_bytes{message_bytes_limit};
  bool content_based_deduplication{false};
  scope deduplication_scope{scope::queue};
  bool throughput_per_group{false};
  std::optional<redrive_policy> redrive;
  std::optional<redrive_allow_policy> redrive_allow;
  std::string policy;
  std::string kms_master_key_id;
  std::chrono::seconds kms_key_reuse{300};
  bool sqs_managed_sse{true};
};

/// The settings that CreateQueue asks for. FIFO is what the attribute FifoQueue says.
answer<queue_settings> settings_for_new_queue(const text_map& attributes);
/// The settings after SetQueueAttributes. Attributes of a wrong name, type of queue or value are refused, and
/// then nothing changes.
answer<queue_settings> changed_settings(queue_settings, const text_map& attributes);
/// The first of the given attributes whose value differs between the two: CreateQueue's rule for existing
/// names.
std::optional<std::string> differing_attribute(const queue_settings&, const queue_settings&,
                                               const text_map& attributes);

/// Every settable attribute that such a queue has, with its value; those that are unset are left out.
text_map attributes_of(const queue_settings&);
/// Whether a queue of this type has a settable attribute of that name.
bool has_attribute(std::string_view name, bool fifo) noexcept;

}  // namespace lastcall::broker
