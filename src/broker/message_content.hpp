#pragma once

#include "broker/api.hpp"
#include "broker/api_error.hpp"

#include <lastcall/message.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lastcall::broker {

using message_attributes = std::map<std::string, message_attribute>;

/// Bodies have the characters of XML 1.0.
std::optional<api_error> check_body(std::string_view body);

/// User attributes by the rules of names, types and values; at most 10.
answer<message_attributes> check_attributes(const attribute_values&);
/// System attributes on a send: only AWSTraceHeader, a String. Its value, or an empty text.
answer<std::string> check_system_attributes(const attribute_values&);

/// What counts against the size limits: the body, and each attribute's name, type and value.
std::uint64_t size_bytes(std::string_view body, const attribute_values&) noexcept;

/// The attributes that MessageAttributeNames asks for: names, `prefix.*`, and for all of them `All`, `.*` or
/// `*`.
message_attributes select_attributes(const message_attributes&, const std::vector<std::string>& names);

}  // namespace lastcall::broker
