// A form of the query protocol: read, carried out, and answered.

#include "broker/query_protocol.hpp"

#include "broker/read_request.hpp"
#include "broker_world.hpp"
#include "input.hpp"

#include <nlohmann/json.hpp>

namespace {

using lastcall::broker::query_protocol::form;

/// In both forms; of the XML only that it holds what XML can.
template <class... Answer>
void check_answer(const Answer&... answer) {
  const lastcall::http::response in_json =
      lastcall::broker::query_protocol::write(answer..., "id", form::json);
  assert(nlohmann::json::accept(in_json.body) || in_json.body.starts_with("<?xml"));
  const lastcall::http::response in_xml = lastcall::broker::query_protocol::write(answer..., "id");
  for (const char c : in_xml.body)
    assert(static_cast<unsigned char>(c) >= ' ' || c == '\t' || c == '\n');
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastcall;
  broker::query_protocol::parameters parameters;
  if (!broker::query_protocol::add_form(parameters, fuzz::text_of(data, size))) return 0;
  assert(parameters.size() <= broker::query_protocol::parameters_limit);
  auto asked = broker::query_protocol::read(parameters);
  if (asked.has_error()) {
    check_answer(asked.error());
    return 0;
  }
  const std::string_view operation = broker::operation_of(*asked);
  fuzz::broker_world world;
  const auto done = world.engine.perform(world.caller, std::move(*asked));
  if (done.has_error())
    check_answer(done.error());
  else
    check_answer(operation, *done);
  return 0;
}
