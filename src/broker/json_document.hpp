#pragma once

#include "base/json_reader.hpp"

#include <nlohmann/json.hpp>

#include <string_view>

namespace lastcall::broker {

/// Builds a JSON text that a caller has sent; discarded if it is none, or is nested deeper than json_reader
/// goes: nlohmann's takes a step on the stack for each level when it writes a document again, and is slow to
/// build a deep one.
template <class Json>
Json document_of(std::string_view text) {
  json_reader reader(text);
  reader.skip();
  if (!reader.finish()) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, false);
}

}  // namespace lastcall::broker
