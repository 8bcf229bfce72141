#include "broker/queue_settings.hpp"

#include "broker/json_document.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace lastcall::broker {
namespace {

using problem = std::optional<api_error>;
using S = queue_settings;

/// One settable attribute. `set` gets a value that is not empty unless `clearable`; `get` answers nothing
/// where the attribute is unset.
struct attribute_rule {
  std::string_view name;
  bool fifo_only;
  bool clearable;
  problem (*set)(queue_settings&, std::string_view name, const std::string& value);
  std::optional<std::string> (*get)(const queue_settings&);
};

template <auto Member, std::int64_t Least, std::int64_t Most>
problem set_number(queue_settings& s, std::string_view name, const std::string& value) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (failed != std::errc{} || end != value.data() + value.size() || number < Least || number > Most)
    return faults::invalid_attribute_value(name);
  using type = std::remove_reference_t<decltype(s.*Member)>;
  s.*Member = type(number);
  return std::nullopt;
}

template <auto Member>
problem set_flag(queue_settings& s, std::string_view name, const std::string& value) {
  if (value != "true" && value != "false") return faults::invalid_attribute_value(name);
  s.*Member = value == "true";
  return std::nullopt;
}

template <auto Member>
problem set_text(queue_settings& s, std::string_view, const std::string& value) {
  s.*Member = value;
  return std::nullopt;
}

template <auto Member, auto Parse>
problem set_parsed(queue_settings& s, std::string_view, const std::string& value) {
  (s.*Member).reset();
  if (value.empty()) return std::nullopt;
  auto parsed = Parse(value);
  if (parsed.has_error()) return parsed.error();
  s.*Member = std::move(*parsed);
  return std::nullopt;
}

problem set_policy(queue_settings& s, std::string_view name, const std::string& value) {
  if (!value.empty() && !document_of<nlohmann::json>(value).is_object())
    return faults::invalid_attribute_value(name);
  s.policy = value;
  return std::nullopt;
}

problem set_scope(queue_settings& s, std::string_view name, const std::string& value) {
  if (value != "queue" && value != "messageGroup") return faults::invalid_attribute_value(name);
  s.deduplication_scope = value == "queue" ? S::scope::queue : S::scope::message_group;
  return std::nullopt;
}

problem set_throughput(queue_settings& s, std::string_view name, const std::string& value) {
  if (value != "perQueue" && value != "perMessageGroupId") return faults::invalid_attribute_value(name);
  s.throughput_per_group = value == "perMessageGroupId";
  return std::nullopt;
}

/// A queue's type is set when it is created; naming it again is fine as long as it stays.
problem set_fifo(queue_settings&, std::string_view name, const std::string& value) {
  if (value == "true") return std::nullopt;
  return faults::invalid_attribute_value(name, "Modifying queue type is not supported.");
}

std::optional<std::string> shown(std::chrono::seconds s) { return std::to_string(s.count()); }
std::optional<std::string> shown(std::uint64_t n) { return std::to_string(n); }
std::optional<std::string> shown(bool flag) { return flag ? "true" : "false"; }
std::optional<std::string> shown(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}
std::optional<std::string> shown(S::scope scope) {
  return scope == S::scope::queue ? "queue" : "messageGroup";
}
template <class Policy>
std::optional<std::string> shown(const std::optional<Policy>& policy) {
  return policy ? std::optional(to_json(*policy)) : std::nullopt;
}

template <auto Member>
std::optional<std::string> get(const queue_settings& s) {
  return shown(s.*Member);
}
std::optional<std::string> get_key_reuse(const queue_settings& s) {
  return s.kms_master_key_id.empty() ? std::nullopt : shown(s.kms_key_reuse);
}
std::optional<std::string> get_throughput(const queue_settings& s) {
  return s.throughput_per_group ? "perMessageGroupId" : "perQueue";
}

constexpr auto max_bytes = static_cast<std::int64_t>(message_bytes_limit);

constexpr auto rules = std::to_array<attribute_rule>({
    {"VisibilityTimeout", false, false, set_number<&S::visibility_timeout, 0, visibility_limit.count()>,
     get<&S::visibility_timeout>},
    {"MaximumMessageSize", false, false, set_number<&S::max_message_bytes, 1024, max_bytes>,
     get<&S::max_message_bytes>},
    {"MessageRetentionPeriod", false, false, set_number<&S::retention, 60, 1'209'600>, get<&S::retention>},
    {"DelaySeconds", false, false, set_number<&S::delay, 0, 900>, get<&S::delay>},
    {"ReceiveMessageWaitTimeSeconds", false, false, set_number<&S::receive_wait, 0, 20>,
     get<&S::receive_wait>},
    {"Policy", false, true, set_policy, get<&S::policy>},
    {"RedrivePolicy", false, true, set_parsed<&S::redrive, parse_redrive_policy>, get<&S::redrive>},
    {"RedriveAllowPolicy", false, true, set_parsed<&S::redrive_allow, parse_redrive_allow_policy>,
     get<&S::redrive_allow>},
    {"KmsMasterKeyId", false, true, set_text<&S::kms_master_key_id>, get<&S::kms_master_key_id>},
    {"KmsDataKeyReusePeriodSeconds", false, false, set_number<&S::kms_key_reuse, 60, 86'400>, get_key_reuse},
    {"SqsManagedSseEnabled", false, false, set_flag<&S::sqs_managed_sse>, get<&S::sqs_managed_sse>},
    {"FifoQueue", true, false, set_fifo, get<&S::fifo>},
    {"ContentBasedDeduplication", true, false, set_flag<&S::content_based_deduplication>,
     get<&S::content_based_deduplication>},
    {"DeduplicationScope", true, false, set_scope, get<&S::deduplication_scope>},
    {"FifoThroughputLimit", true, false, set_throughput, get_throughput},
});

const attribute_rule* rule_of(std::string_view name) noexcept {
  const auto* found =
      std::find_if(rules.begin(), rules.end(), [&](const attribute_rule& r) { return r.name == name; });
  return found == rules.end() ? nullptr : found;
}

problem refused_on_standard(std::string_view name) {
  if (name == "DeduplicationScope" || name == "FifoThroughputLimit")
    return faults::invalid_attribute_name(
        fmt::format("You can specify the {} only when FifoQueue is set to true.", name));
  return faults::unknown_attribute(name);
}

/// What single values can't show: settings that exclude or need one another.
problem check_combination(queue_settings& s, const text_map& given) {
  if (s.throughput_per_group && s.deduplication_scope != queue_settings::scope::message_group)
    return faults::invalid_attribute_value(
        "FifoThroughputLimit",
        "The value perMessageGroupId is allowed only when the value for DeduplicationScope is messageGroup.");
  if (s.kms_master_key_id.empty() || !s.sqs_managed_sse) return std::nullopt;
  const auto asked = given.find("SqsManagedSseEnabled");
  if (asked != given.end() && asked->second == "true")
    return faults::invalid_attribute_name(
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or "
        "SQS SSE.");
  s.sqs_managed_sse = false;
  return std::nullopt;
}

}  // namespace

answer<queue_settings> changed_settings(queue_settings s, const text_map& attributes) {
  for (const auto& [name, value] : attributes) {
    const attribute_rule* rule = rule_of(name);
    if (rule == nullptr) return faults::unknown_attribute(name);
    if (rule->fifo_only && !s.fifo) return *refused_on_standard(name);
    if (value.empty() && !rule->clearable) return faults::invalid_attribute_value(name);
    if (problem wrong = rule->set(s, name, value)) return *wrong;
  }
  if (problem wrong = check_combination(s, attributes)) return *wrong;
  return s;
}

answer<queue_settings> settings_for_new_queue(const text_map& attributes) {
  queue_settings s;
  const auto fifo = attributes.find("FifoQueue");
  s.fifo = fifo != attributes.end() && fifo->second == "true";
  return changed_settings(std::move(s), attributes);
}

std::optional<std::string> differing_attribute(const queue_settings& a, const queue_settings& b,
                                               const text_map& attributes) {
  for (const auto& [name, value] : attributes) {
    const attribute_rule* rule = rule_of(name);
    if (rule != nullptr && rule->get(a) != rule->get(b)) return name;
  }
  return std::nullopt;
}

text_map attributes_of(const queue_settings& s) {
  text_map out;
  for (const attribute_rule& rule : rules) {
    if (rule.fifo_only && !s.fifo) continue;
    if (std::optional<std::string> value = rule.get(s)) out.emplace(rule.name, std::move(*value));
  }
  return out;
}

bool has_attribute(std::string_view name, bool fifo) noexcept {
  const attribute_rule* rule = rule_of(name);
  return rule != nullptr && (fifo || !rule->fifo_only);
}

}  // namespace lastcall::broker
