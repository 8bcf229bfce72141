#include "jobs/checkpoint_in_json.hpp"

#include "base/json_reader.hpp"

#include <nlohmann/json.hpp>

namespace lastcall::jobs {

std::optional<std::string> checkpoint_in_json(std::string_view text) {
  if (!text.starts_with('{') || !is_json(text)) return std::nullopt;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto given = json.find("checkpoint");
  if (given == json.end() || given->is_null()) return std::nullopt;
  return given->is_string() ? given->get<std::string>() : given->dump();
}

}  // namespace lastcall::jobs
