#include "broker/permissions.hpp"

#include "broker/json_document.hpp"
#include "broker/names.hpp"
#include "broker/queue_address.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace lastcall::broker {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t actions_limit = 7;
/// The actions that can be granted to others; the rest is the owner's alone.
constexpr auto shareable_actions = std::to_array<std::string_view>(
    {"*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl",
     "ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage"});
constexpr auto owners_actions = std::to_array<std::string_view>(
    {"AddPermission", "CancelMessageMoveTask", "CreateQueue", "DeleteQueue", "ListMessageMoveTasks",
     "ListQueueTags", "ListQueues", "RemovePermission", "SetQueueAttributes", "StartMessageMoveTask",
     "TagQueue", "UntagQueue"});

std::optional<api_error> check(const add_permission_request& r) {
  if (r.label.empty()) return faults::missing_parameter("Label");
  if (auto wrong = check_label(r.label)) return wrong;
  if (r.actions.empty()) return faults::missing_parameter("Actions");
  if (r.accounts.empty()) return faults::invalid_value("[]", "PrincipalId", "Unable to verify.");
  for (const std::string& account : r.accounts)
    if (!is_account_id(account))
      return faults::invalid_value("[" + account + "]", "PrincipalId", "Unable to verify.");
  if (r.actions.size() > actions_limit)
    return faults::over_limit(
        fmt::format("{} Actions were found, maximum allowed is {}.", r.actions.size(), actions_limit));
  for (const std::string& action : r.actions) {
    if (std::count(owners_actions.begin(), owners_actions.end(), action) != 0)
      return faults::invalid_value("SQS:" + action, "ActionName",
                                   "Only the queue owner is allowed to invoke this action.");
    if (std::count(shareable_actions.begin(), shareable_actions.end(), action) == 0)
      return faults::invalid_value("SQS:" + action, "ActionName",
                                   "Please refer to the appropriate WSDL for a list of valid actions.");
  }
  return std::nullopt;
}

/// One value stands alone in a policy, several stand in a list.
json one_or_list(const std::vector<std::string>& values) {
  return values.size() == 1 ? json(values.front()) : json(values);
}

bool has_label(const json& statement, std::string_view label) {
  return statement.is_object() && statement.contains("Sid") && statement["Sid"] == label;
}

json statements_of(const json& policy) {
  if (!policy.is_object() || !policy.contains("Statement")) return json::array();
  const json& statements = policy["Statement"];
  return statements.is_array() ? statements : json::array({statements});
}

}  // namespace

answer<std::string> with_permission(const std::string& policy, std::string_view queue_arn,
                                    const add_permission_request& r) {
  if (auto wrong = check(r)) return *wrong;
  json document = document_of<json>(policy);
  if (!document.is_object())
    document = {{"Version", "2008-10-17"}, {"Id", std::string(queue_arn) + "/SQSDefaultPolicy"}};
  json statements = statements_of(document);
  for (const json& statement : statements)
    if (has_label(statement, r.label)) return faults::invalid_value(r.label, "Label", "Already exists.");
  std::vector<std::string> principals;
  const std::string_view partition = queue_arn.substr(4, queue_arn.find(':', 4) - 4);
  for (const std::string& account : r.accounts)
    principals.push_back(fmt::format("arn:{}:iam::{}:root", partition, account));
  std::vector<std::string> actions;
  for (const std::string& action : r.actions)
    actions.push_back("SQS:" + action);
  statements.push_back({{"Sid", r.label},
                        {"Effect", "Allow"},
                        {"Principal", {{"AWS", one_or_list(principals)}}},
                        {"Action", one_or_list(actions)},
                        {"Resource", queue_arn}});
  document["Statement"] = std::move(statements);
  return document.dump();
}

answer<std::string> without_permission(const std::string& policy, std::string_view label) {
  if (label.empty()) return faults::missing_parameter("Label");
  json document = document_of<json>(policy);
  json kept = json::array();
  bool found = false;
  for (json& statement : statements_of(document)) {
    if (has_label(statement, label))
      found = true;
    else
      kept.push_back(std::move(statement));
  }
  if (!found) return faults::invalid_value(label, "Label", "can't find label.");
  if (kept.empty()) return std::string();
  document["Statement"] = std::move(kept);
  return document.dump();
}

}  // namespace lastcall::broker
