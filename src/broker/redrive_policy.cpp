#include "broker/redrive_policy.hpp"

#include "broker/json_document.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace lastcall::broker {
namespace {

using json = nlohmann::ordered_json;

constexpr std::int64_t max_receive_count_limit = 1000;
constexpr std::size_t source_arns_limit = 10;

/// maxReceiveCount may be a number or a text with a number: SDKs and templates send both.
std::optional<std::int64_t> whole_number(const json& value) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<redrive_allow_policy::permission> permission_named(const json& name) {
  using permission = redrive_allow_policy::permission;
  if (name == "allowAll") return permission::allow_all;
  if (name == "denyAll") return permission::deny_all;
  if (name == "byQueue") return permission::by_queue;
  return std::nullopt;
}

/// What its JSON says, whether or not it may say so; nothing where it has another form.
std::optional<redrive_allow_policy> read_allow_policy(const json& policy) {
  if (!policy.is_object() || !policy.contains("redrivePermission")) return std::nullopt;
  const auto permitted = permission_named(policy["redrivePermission"]);
  if (!permitted) return std::nullopt;
  redrive_allow_policy out{*permitted, {}};
  for (const auto& [name, value] : policy.items()) {
    if (name == "redrivePermission") continue;
    if (name != "sourceQueueArns" || !value.is_array()) return std::nullopt;
    for (const json& arn : value) {
      if (!arn.is_string()) return std::nullopt;
      out.source_arns.push_back(arn.get<std::string>());
    }
  }
  return out;
}

std::string as_text(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

}  // namespace

answer<redrive_policy> parse_redrive_policy(std::string_view text) {
  const auto refuse = [&](std::string_view reason) {
    return faults::invalid_value(text, "RedrivePolicy", reason);
  };
  const json policy = document_of<json>(text);
  if (!policy.is_object())
    return faults::invalid_attribute_value("RedrivePolicy", "Redrive policy is not a valid JSON map.");
  for (const char* name : {"maxReceiveCount", "deadLetterTargetArn"})
    if (!policy.contains(name))
      return refuse("Redrive policy does not contain mandatory attribute: " + std::string(name) + ".");
  for (const auto& [name, value] : policy.items())
    if (name != "maxReceiveCount" && name != "deadLetterTargetArn")
      return refuse("Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].");
  const std::optional<std::int64_t> count = whole_number(policy["maxReceiveCount"]);
  if (!count || *count < 1 || *count > max_receive_count_limit)
    return refuse("Invalid value for maxReceiveCount: " + as_text(policy["maxReceiveCount"]) +
                  ", valid values are from 1 to 1000 both inclusive.");
  if (!policy["deadLetterTargetArn"].is_string()) return refuse("Invalid value for deadLetterTargetArn.");
  return redrive_policy{policy["deadLetterTargetArn"].get<std::string>(), static_cast<std::uint32_t>(*count)};
}

std::string to_json(const redrive_policy& p) {
  return json{{"deadLetterTargetArn", p.dead_letter_target_arn}, {"maxReceiveCount", p.max_receive_count}}
      .dump();
}

bool redrive_allow_policy::allows(std::string_view source_arn) const noexcept {
  switch (permitted) {
    case permission::allow_all:
      return true;
    case permission::deny_all:
      return false;
    case permission::by_queue:
      return std::find(source_arns.begin(), source_arns.end(), source_arn) != source_arns.end();
  }
  return false;
}

answer<redrive_allow_policy> parse_redrive_allow_policy(std::string_view text) {
  const json policy = document_of<json>(text);
  std::optional<redrive_allow_policy> out = read_allow_policy(policy);
  if (!out)
    return faults::invalid_attribute_value(
        "RedriveAllowPolicy",
        "Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.");
  const auto refuse = [&](std::string_view reason) {
    return faults::invalid_value(text, "RedriveAllowPolicy",
                                 fmt::format("Amazon SQS can't create the redrive allow policy. {}", reason));
  };
  const bool by_queue = out->permitted == redrive_allow_policy::permission::by_queue;
  if (by_queue && out->source_arns.empty())
    return refuse(
        "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns "
        "values.");
  if (!by_queue && policy.contains("sourceQueueArns"))
    return refuse("To specify one or more source queue ARNs, you must set redrivePermission to byQueue.");
  if (out->source_arns.size() > source_arns_limit)
    return refuse("The maximum number of source queue ARNs you can specify is 10.");
  return std::move(*out);
}

std::string to_json(const redrive_allow_policy& p) {
  using permission = redrive_allow_policy::permission;
  json policy;
  policy["redrivePermission"] = p.permitted == permission::allow_all  ? "allowAll"
                                : p.permitted == permission::deny_all ? "denyAll"
                                                                      : "byQueue";
  if (p.permitted == permission::by_queue) policy["sourceQueueArns"] = p.source_arns;
  return policy.dump();
}

}  // namespace lastcall::broker
