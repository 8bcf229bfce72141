// A form of the query protocol: read, carried out, and answered.

#include "broker/query_protocol.hpp"

#include "broker/read_request.hpp"
#include "broker_world.hpp"
#include "input.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastcall;
  broker::query_protocol::parameters parameters;
  if (!broker::query_protocol::add_form(parameters, fuzz::text_of(data, size))) return 0;
  assert(parameters.size() <= broker::query_protocol::parameters_limit);
  auto asked = broker::query_protocol::read(parameters);
  if (asked.has_error()) {
    static_cast<void>(broker::query_protocol::write(asked.error(), "id"));
    return 0;
  }
  const std::string_view operation = broker::operation_of(*asked);
  fuzz::broker_world world;
  const auto done = world.engine.perform(world.caller, std::move(*asked));
  if (done.has_error())
    static_cast<void>(broker::query_protocol::write(done.error(), "id"));
  else
    static_cast<void>(broker::query_protocol::write(operation, *done, "id"));
  return 0;
}
