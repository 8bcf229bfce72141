#pragma once

#include "broker/api.hpp"
#include "http/message.hpp"

#include <string>
#include <string_view>

namespace lastcall::broker {

/// Where a request is sent from, as its signature's credential scope says it
/// (AWS4-HMAC-SHA256 Credential=<access key>/<date>/<region>/sqs/aws4_request); empty parts where it has
/// none.
struct credential_scope {
  std::string access_key;
  std::string region;
};

/// Reads the scope from the Authorization header, or from X-Amz-Credential of a presigned target.
credential_scope scope_of(const http::request&);

/// What the engine must know of a request: account and region from the scope (an access key of 12 digits is
/// an account), the endpoint from the Host header, the trace header. `endpoint` is used where there is no
/// Host.
call call_of(const http::request&, moment now, std::string_view scheme, std::string_view endpoint);

/// The path of a target, without its query.
std::string_view path_of(std::string_view target) noexcept;
/// The query of a target, empty where there is none.
std::string_view query_of(std::string_view target) noexcept;

}  // namespace lastcall::broker
