#include "aws/json.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace lastcall::aws {

nlohmann::json parse_object(std::string_view text) {
  nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  return parsed.is_object() ? parsed : nlohmann::json();
}

std::string take_text(nlohmann::json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  return std::move(found->get_ref<std::string&>());
}

}  // namespace lastcall::aws
