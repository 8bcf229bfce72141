#pragma once

#include "broker/api.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace lastcall::broker {

/// Where a queue lives. Two queues of one name are different ones in different accounts or regions.
struct queue_address {
  std::string account;
  std::string region;
  std::string name;
  auto operator<=>(const queue_address&) const = default;
};

/// arn:aws:sqs:region:account:name, with the partition that the region belongs to.
std::string to_arn(const queue_address&);
std::optional<queue_address> parse_arn(std::string_view arn);

/// The URL under which this server answers: <endpoint>/<account>/<name>.
std::string to_url(const queue_address&, std::string_view endpoint);

/// The queue that a QueueUrl means. All styles that SDKs have built are understood, and a bare name:
///   http://host/<account>/<name>                            (the caller's region)
///   https://sqs.<region>.host/<account>/<name>
///   https://<region>.queue.host/<account>/<name>, https://queue.host/<account>/<name>
///   http://host/queue/<region>/<account>/<name>, http://host/queue/<name>
/// Nothing: no name can be found in it.
std::optional<queue_address> parse_queue_url(std::string_view url, const call& caller);

/// The partition of AWS that a region belongs to: "aws", "aws-cn", "aws-us-gov", …
std::string_view partition_of(std::string_view region) noexcept;

/// Whether the text is an account id: 12 digits.
bool is_account_id(std::string_view text) noexcept;

}  // namespace lastcall::broker
