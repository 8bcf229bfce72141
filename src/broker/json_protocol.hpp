#pragma once

#include "broker/api.hpp"
#include "broker/api_error.hpp"
#include "http/message.hpp"

#include <string>
#include <string_view>

/// AWS JSON 1.0: the operation in X-Amz-Target, a JSON object each way. Knows shapes, not rules.
namespace lastcall::broker::json_protocol {

inline constexpr std::string_view target_prefix = "AmazonSQS.";

/// The operation of an X-Amz-Target header; empty where it is not one of SQS.
std::string_view operation(std::string_view target) noexcept;
/// Reads a request; members that SQS does not know are passed over.
answer<any_request> read(std::string_view operation, std::string_view body);

http::response write(const any_result&, const std::string& request_id);
/// With the older code of the error in x-amzn-query-error (awsQueryCompatible).
http::response write(const api_error&, const std::string& request_id);

}  // namespace lastcall::broker::json_protocol
