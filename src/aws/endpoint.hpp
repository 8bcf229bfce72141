#pragma once

#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace lastcall::aws {

/// What decides which endpoint of a service is spoken to: the parameters of AWS's endpoint rules.
struct endpoint_parameters {
  std::string service{"sqs"};
  std::string region;
  bool use_fips{false};
  bool use_dual_stack{false};
  std::optional<std::string> custom;  ///< takes the place of what the rules would give
};

/// The URL of the endpoint, by the rules that AWS publishes for SQS (endpoint-rule-set-1.json of botocore).
/// The errors are of kind `invalid`.
result<std::string> resolve_endpoint(const endpoint_parameters&);

/// Whether the host lies in a domain of AWS's: requests to it need real credentials.
bool is_aws_host(std::string_view host) noexcept;

/// The region in the host of a queue's URL: "sqs.eu-west-1.amazonaws.com", "eu-west-1.queue.amazonaws.com",
/// "vpce-….sqs.eu-west-1.vpce.amazonaws.com", "sqs.eu-west-1.localhost.localstack.cloud". None where it has
/// none.
std::optional<std::string> region_in_host(std::string_view host);

}  // namespace lastcall::aws
