#pragma once

#include "base/json_reader.hpp"

#include <nlohmann/json.hpp>

#include <string_view>

namespace lastcall::broker {

/// Builds a JSON text that a caller has sent; discarded if it is none, or too deep for `is_json`.
template <class Json>
Json document_of(std::string_view text) {
  return is_json(text) ? Json::parse(text, nullptr, false) : Json(Json::value_t::discarded);
}

}  // namespace lastcall::broker
