#pragma once

#include "broker/api.hpp"
#include "broker/api_error.hpp"

#include <string>
#include <string_view>

/// Answers of the query protocol as JSON, which SQS gives to those who accept application/json, API Gateway
/// among them: the elements of the XML, with lists for what repeats and for maps.
namespace lastcall::broker::query_json {

std::string body(std::string_view operation, const any_result&, const std::string& request_id);
std::string body(const api_error&, std::string_view message, const std::string& request_id);

}  // namespace lastcall::broker::query_json
