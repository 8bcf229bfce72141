#include "sqs/errors.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <set>
#include <string>

using namespace lastcall;
using namespace lastcall::sqs;

namespace {

errc of(std::string code) { return errc_of({error_kind::service, std::move(code), ""}); }

/// Calls `visit(error)` for each recorded error, however deep it stands.
template <class Visit>
void for_each_error(const nlohmann::json& node, Visit visit) {
  if (!node.is_structured()) return;
  if (node.is_object() && node.contains("Error")) visit(node.at("Error"));
  for (const nlohmann::json& child : node)
    for_each_error(child, visit);
}

}  // namespace

TEST_CASE("every error that SQS was recorded to give is the same by the names of both protocols") {
  std::ifstream file(LASTCALL_TEST_DATA "/aws/sqs-recorded-errors.json");
  const nlohmann::json recorded = nlohmann::json::parse(file);
  std::set<std::string> shapes;
  for_each_error(recorded, [&](const nlohmann::json& e) {
    if (!e.contains("QueryErrorCode")) return;
    const std::string shape = e.at("QueryErrorCode");
    const std::string query = e.at("Code");
    CAPTURE(shape);
    CHECK(shape_of(query) == shape);
    CHECK(shape_of(shape) == shape);
    CHECK(of(query) == of(shape));
    shapes.insert(shape);
  });
  CHECK(shapes.size() >= 10);
}

TEST_CASE("the errors that matter are told apart") {
  CHECK(of("QueueDoesNotExist") == errc::queue_does_not_exist);
  CHECK(of("AWS.SimpleQueueService.NonExistentQueue") == errc::queue_does_not_exist);
  CHECK(of("QueueAlreadyExists") == errc::queue_name_exists);
  CHECK(of("AWS.SimpleQueueService.MessageNotInflight") == errc::message_not_in_flight);
  CHECK(of("AWS.SimpleQueueService.QueueDeletedRecently") == errc::queue_deleted_recently);
  CHECK(of("AWS.SimpleQueueService.PurgeQueueInProgress") == errc::purge_in_progress);
  CHECK(of("OverLimit") == errc::over_limit);
  CHECK(of("ReceiptHandleIsInvalid") == errc::receipt_handle_is_invalid);
  CHECK(of("InvalidParameterValue") == errc::invalid_parameter_value);
  CHECK(of("AccessDenied") == errc::other);
  CHECK(of("") == errc::other);
}

TEST_CASE("an error that is not the service's has no code of SQS") {
  CHECK(errc_of({error_kind::network, "OverLimit", ""}) == errc::none);
}
