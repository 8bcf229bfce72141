#pragma once

#include "broker/api.hpp"
#include "broker/api_error.hpp"
#include "http/message.hpp"

#include <map>
#include <string>
#include <string_view>

/// The older query protocol: form parameters in a POST or a GET; XML back, or JSON to those who ask for it. Knows
/// shapes, not rules.
namespace lastcall::broker::query_protocol {

using parameters = std::map<std::string, std::string, std::less<>>;

/// No request of the API comes near this many parameters; it bounds what a request can make the server hold.
inline constexpr std::size_t parameters_limit = 5000;

/// Adds the parameters of a form (application/x-www-form-urlencoded); of two with the same name the first
/// counts. False: there are more than `parameters_limit`.
bool add_form(parameters&, std::string_view form);
/// Reads the request that the parameter Action names.
answer<any_request> read(const parameters&);

enum class form { xml, json };
/// What the client accepts: XML, unless it names JSON.
form form_for(const http::request&) noexcept;

http::response write(std::string_view operation, const any_result&, const std::string& request_id,
                     form = form::xml);
http::response write(const api_error&, const std::string& request_id, form = form::xml);

}  // namespace lastcall::broker::query_protocol
