#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace lastcall::aws {

/// Reads a JSON object; anything else, rubbish included, gives null. Never throws.
nlohmann::json parse_object(std::string_view text);

/// Takes the text of a member out of an object; empty where there is no such member, it is not a text, or the
/// value is not an object at all.
std::string take_text(nlohmann::json& object, std::string_view name);

}  // namespace lastcall::aws
