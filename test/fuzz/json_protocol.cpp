// A body of the JSON protocol: read, carried out, and answered. The first byte chooses the operation.

#include "broker/json_protocol.hpp"

#include "broker_world.hpp"
#include "input.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace {

void check(const lastcall::http::response& answer, bool is_refusal) {
  assert((answer.status >= 400) == is_refusal);
  assert(nlohmann::json::accept(answer.body));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastcall;
  constexpr auto operations = std::to_array<std::string_view>({"AddPermission",
                                                               "CancelMessageMoveTask",
                                                               "ChangeMessageVisibility",
                                                               "ChangeMessageVisibilityBatch",
                                                               "CreateQueue",
                                                               "DeleteMessage",
                                                               "DeleteMessageBatch",
                                                               "DeleteQueue",
                                                               "GetQueueAttributes",
                                                               "GetQueueUrl",
                                                               "ListDeadLetterSourceQueues",
                                                               "ListMessageMoveTasks",
                                                               "ListQueueTags",
                                                               "ListQueues",
                                                               "PurgeQueue",
                                                               "ReceiveMessage",
                                                               "RemovePermission",
                                                               "SendMessage",
                                                               "SendMessageBatch",
                                                               "SetQueueAttributes",
                                                               "StartMessageMoveTask",
                                                               "TagQueue",
                                                               "UntagQueue"});
  if (size == 0) return 0;
  const std::string_view operation = operations[data[0] % operations.size()];
  auto asked = broker::json_protocol::read(operation, fuzz::text_of(data + 1, size - 1));
  if (asked.has_error()) {
    check(broker::json_protocol::write(asked.error(), "id"), true);
    return 0;
  }
  fuzz::broker_world world;
  const auto done = world.engine.perform(world.caller, std::move(*asked));
  if (done.has_error())
    check(broker::json_protocol::write(done.error(), "id"), true);
  else
    check(broker::json_protocol::write(*done, "id"), false);
  return 0;
}
