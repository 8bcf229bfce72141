#include "broker/receive_operations.hpp"

#include "broker/names.hpp"
#include "broker/send_operations.hpp"
#include "sqs/attributes_md5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lastcall::broker {
namespace {

using problem = std::optional<api_error>;

std::string milliseconds(wall_time t) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count());
}

std::string extra(const stored_message& m, std::string message_extras::* text) {
  return m.extras ? *m.extras.*text : std::string();
}

/// A system attribute, and its value: empty where the message has none.
struct system_attribute {
  std::string_view name;
  std::string (*value)(const queue&, const stored_message&);
};

/// In the order in which they are answered.
constexpr auto system_attributes = std::to_array<system_attribute>({
    {"SenderId", [](const queue&, const stored_message& m) { return *m.sender_id; }},
    {"SentTimestamp", [](const queue&, const stored_message& m) { return milliseconds(m.sent_at); }},
    {"ApproximateReceiveCount",
     [](const queue&, const stored_message& m) { return std::to_string(m.receive_count); }},
    {"ApproximateFirstReceiveTimestamp",
     [](const queue&, const stored_message& m) { return milliseconds(m.first_received_at); }},
    {"SequenceNumber",
     [](const queue& q, const stored_message& m) {
       return q.is_fifo() ? sequence_number(m.serial) : std::string();
     }},
    {"MessageDeduplicationId",
     [](const queue&, const stored_message& m) { return extra(m, &message_extras::deduplication_id); }},
    {"MessageGroupId", [](const queue&, const stored_message& m) { return m.group_id; }},
    {"AWSTraceHeader",
     [](const queue&, const stored_message& m) { return extra(m, &message_extras::trace_header); }},
    {"DeadLetterQueueSourceArn",
     [](const queue&, const stored_message& m) { return extra(m, &message_extras::dead_letter_source_arn); }},
});

bool is_system_attribute(std::string_view name) {
  return std::any_of(system_attributes.begin(), system_attributes.end(),
                     [&](const system_attribute& known) { return known.name == name; });
}

problem check_range(const std::optional<std::int64_t>& value, std::string_view name, std::int64_t most) {
  if (!value || (*value >= 0 && *value <= most)) return std::nullopt;
  return faults::invalid_value(std::to_string(*value), name,
                               fmt::format("Must be >= 0 and <= {}, if provided.", most));
}

problem check_system_names(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    // The older parameter is typed as names of queue attributes; those bring nothing here.
    if (name != "All" && !has_attribute(name, true) && !is_system_attribute(name))
      return faults::unknown_attribute(name);
  return std::nullopt;
}

problem check_request(const receive_message_request& r, bool fifo) {
  if (r.max_messages && (*r.max_messages < 1 || *r.max_messages > 10))
    return faults::invalid_value(std::to_string(*r.max_messages), "MaxNumberOfMessages",
                                 "Must be between 1 and 10, if provided.");
  if (problem wrong = check_range(r.wait_s, "WaitTimeSeconds", 20)) return wrong;
  if (problem wrong = check_range(r.visibility_timeout_s, "VisibilityTimeout", visibility_limit.count()))
    return wrong;
  if (problem wrong = check_system_names(r.attribute_names)) return wrong;
  if (problem wrong = check_system_names(r.system_attribute_names)) return wrong;
  if (!r.attempt_id) return std::nullopt;
  if (!fifo)
    return faults::invalid_value(*r.attempt_id, "ReceiveRequestAttemptId",
                                 "The request include parameter that is not valid for this queue type.");
  return check_token(*r.attempt_id, "ReceiveRequestAttemptId");
}

std::vector<const system_attribute*> asked_attributes(const receive_message_request& r) {
  std::vector<const system_attribute*> asked;
  for (const system_attribute& attribute : system_attributes) {
    const auto names_it = [&](const std::string& word) { return word == "All" || word == attribute.name; };
    if (std::any_of(r.attribute_names.begin(), r.attribute_names.end(), names_it) ||
        std::any_of(r.system_attribute_names.begin(), r.system_attribute_names.end(), names_it))
      asked.push_back(&attribute);
  }
  return asked;
}

received_message describe(const queue& q, const stored_message& m, const receive_message_request& r,
                          const std::vector<const system_attribute*>& asked) {
  received_message out;
  out.message_id = std::string_view(m.id);
  out.receipt_handle = encode({q.id(), m.serial, m.lease});
  out.md5_of_body = std::string_view(m.md5_of_body);
  out.body = m.body;
  out.system_attributes.reserve(asked.size());
  for (const system_attribute* attribute : asked)
    if (std::string value = attribute->value(q, m); !value.empty())
      out.system_attributes.emplace_back(attribute->name, std::move(value));
  if (!m.extras || r.message_attribute_names.empty()) return out;
  const message_attributes selected = select_attributes(m.extras->attributes, r.message_attribute_names);
  out.md5_of_attributes = sqs::attributes_md5(selected);
  for (const auto& [name, attribute] : selected) {
    attribute_value value{attribute.data_type, {}, {}};
    if (attribute.data_type.starts_with("Binary"))
      value.binary_value = blob{attribute.value};
    else
      value.string_value = attribute.value;
    out.attributes.emplace(name, std::move(value));
  }
  return out;
}

}  // namespace

answer<receive_outcome> receive_operations::receive(const call& caller, const receive_message_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  queue& q = **found;
  if (problem wrong = check_request(r, q.is_fifo())) return *wrong;
  receive_outcome outcome;
  outcome.queue_id = q.id();
  outcome.wait = r.wait_s ? std::chrono::seconds(*r.wait_s) : q.settings().receive_wait;
  const std::size_t room = options_.in_flight_limit - std::min(q.in_flight(), options_.in_flight_limit);
  if (room == 0 && !q.is_fifo() && outcome.wait == std::chrono::seconds::zero())
    return faults::over_limit(fmt::format(
        "Too many messages are in flight: at most {} of a queue can be. Delete messages after they have "
        "been processed.",
        options_.in_flight_limit));
  const std::chrono::seconds visibility = r.visibility_timeout_s
                                              ? std::chrono::seconds(*r.visibility_timeout_s)
                                              : q.settings().visibility_timeout;
  const auto asked = static_cast<std::size_t>(r.max_messages.value_or(1));
  std::vector<stored_message*> messages;
  if (r.attempt_id) messages = take_again(q, caller.now, visibility, *r.attempt_id);
  if (messages.empty()) {
    messages = take_available(q, caller.now, visibility, std::min(room, asked));
    outcome.leased.reserve(messages.size());
    for (const stored_message* m : messages)
      outcome.leased.push_back({q.id(), m->serial, m->lease});
    if (r.attempt_id && !messages.empty()) {
      std::vector<receive_attempts::given> given;
      for (const stored_message* m : messages)
        given.push_back({m->serial, m->lease});
      q.attempts.remember(*r.attempt_id, std::move(given), caller.now.steady);
    }
  }
  q.totals.received += outcome.leased.size();
  if (messages.empty()) return outcome;
  const std::vector<const system_attribute*> attributes = asked_attributes(r);
  outcome.result.messages.reserve(messages.size());
  for (const stored_message* m : messages)
    outcome.result.messages.push_back(describe(q, *m, r, attributes));
  return outcome;
}

std::vector<stored_message*> receive_operations::take_available(queue& q, moment now,
                                                                std::chrono::seconds visibility,
                                                                std::size_t max) {
  std::vector<std::unique_ptr<stored_message>> dead;
  std::vector<stored_message*> messages =
      q.receive(now, visibility, max, dead_letters_.max_receive_count(q), dead);
  for (std::unique_ptr<stored_message>& m : dead)
    dead_letters_.bury(q, std::move(m), now);
  if (options_.duplicates > 0 && !q.is_fifo()) deliver_twice(q, messages, now);
  if (!messages.empty() || !dead.empty()) queues_.touch(q);
  return messages;
}

/// What the same attempt was given, with its visibility started anew; nothing when one of the messages has
/// been touched since, or its lease has ended.
std::vector<stored_message*> receive_operations::take_again(queue& q, moment now,
                                                            std::chrono::seconds visibility,
                                                            const std::string& attempt_id) {
  const auto* given = q.attempts.find(attempt_id, now.steady);
  if (given == nullptr) return {};
  std::vector<stored_message*> messages;
  for (const auto& [serial, lease] : *given) {
    stored_message* m = q.find(serial);
    if (m == nullptr || m->lease != lease || m->where != stored_message::state::in_flight ||
        m->visibility_changed)
      return {};
    messages.push_back(m);
  }
  for (stored_message* m : messages)
    q.hide(*m, now.steady, visibility);
  queues_.touch(q);
  return messages;
}

void receive_operations::give_back(const receive_outcome& outcome, moment now) {
  queue* q = queues_.find(outcome.queue_id);
  if (q == nullptr) return;
  q->advance(now.steady);
  for (const receipt& r : outcome.leased) {
    stored_message* m = q->find(r);
    if (m == nullptr || m->lease != r.lease || m->where != stored_message::state::in_flight) continue;
    q->give_back(*m);
    --q->totals.received;
  }
  queues_.touch(*q);
}

/// At-least-once delivery, made visible: a copy of a message that is received for the first time is available
/// too.
void receive_operations::deliver_twice(queue& q, const std::vector<stored_message*>& messages, moment now) {
  for (const stored_message* m : messages) {
    if (m->receive_count != 1 || random_.unit() >= options_.duplicates) continue;
    auto copy = std::make_unique<stored_message>();
    copy->id = m->id;
    copy->body = m->body;
    copy->md5_of_body = m->md5_of_body;
    copy->sender_id = m->sender_id;
    copy->group_id = m->group_id;
    if (m->extras) copy->extras = std::make_unique<message_extras>(*m->extras);
    copy->sent_at = m->sent_at;
    copy->enqueued = m->enqueued;
    copy->receive_count = m->receive_count;
    copy->first_received_at = m->first_received_at;
    q.put(std::move(copy), now.steady, std::chrono::seconds::zero());
  }
}

}  // namespace lastcall::broker
