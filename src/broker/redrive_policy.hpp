#pragma once

#include "broker/api_error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::broker {

/// A source queue's RedrivePolicy: where messages go that were received too often.
struct redrive_policy {
  std::string dead_letter_target_arn;
  std::uint32_t max_receive_count{};
  bool operator==(const redrive_policy&) const = default;
};

/// Reads the attribute's JSON. Whether the target exists and may be used is not looked at.
answer<redrive_policy> parse_redrive_policy(std::string_view json);
std::string to_json(const redrive_policy&);

/// A dead-letter queue's RedriveAllowPolicy: which queues may name it in their redrive policy.
struct redrive_allow_policy {
  enum class permission { allow_all, deny_all, by_queue };
  permission permitted{permission::allow_all};
  std::vector<std::string> source_arns;  ///< with by_queue: 1 to 10

  bool allows(std::string_view source_arn) const noexcept;
  bool operator==(const redrive_allow_policy&) const = default;
};

answer<redrive_allow_policy> parse_redrive_allow_policy(std::string_view json);
std::string to_json(const redrive_allow_policy&);

}  // namespace lastcall::broker
