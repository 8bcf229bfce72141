#pragma once

#include "broker/api.hpp"
#include "broker/api_error.hpp"
#include "http/message.hpp"

#include <map>
#include <string>
#include <string_view>

/// The older query protocol: form parameters in a POST or a GET, XML back. Knows shapes, not rules.
namespace lastcall::broker::query_protocol {

using parameters = std::map<std::string, std::string, std::less<>>;

/// Adds the parameters of a form (application/x-www-form-urlencoded); of two with the same name the first
/// counts.
void add_form(parameters&, std::string_view form);
/// Reads the request that the parameter Action names.
answer<any_request> read(const parameters&);

http::response write(std::string_view operation, const any_result&, const std::string& request_id);
http::response write(const api_error&, const std::string& request_id);

}  // namespace lastcall::broker::query_protocol
