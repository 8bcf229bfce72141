#include "broker/send_operations.hpp"

#include "base/hash.hpp"
#include "broker/batch.hpp"
#include "broker/names.hpp"
#include "sqs/attributes_md5.hpp"

#include <fmt/format.h>

namespace lastcall::broker {
namespace {

using problem = std::optional<api_error>;

constexpr std::int64_t delay_limit_s = 900;
constexpr std::string_view wrong_queue_type =
    "The request include parameter that is not valid for this queue type.";

problem check_size(const outgoing_message& m, const queue_settings& s) {
  if (size_bytes(m.body, m.attributes) <= s.max_message_bytes) return std::nullopt;
  return faults::invalid_parameter(
      fmt::format("One or more parameters are invalid. Reason: Message must be shorter than {} bytes.",
                  s.max_message_bytes));
}

/// A FIFO queue has one delay for all; 0 there is as good as none.
problem check_delay(const outgoing_message& m, const queue_settings& s) {
  if (!m.delay_s || (s.fifo && *m.delay_s == 0)) return std::nullopt;
  const std::string value = std::to_string(*m.delay_s);
  if (s.fifo) return faults::invalid_value(value, "DelaySeconds", wrong_queue_type);
  if (*m.delay_s < 0 || *m.delay_s > delay_limit_s)
    return faults::invalid_value(value, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.");
  return std::nullopt;
}

/// A group is needed on a FIFO queue, and makes a standard queue fair.
problem check_group(const outgoing_message& m, const queue_settings& s) {
  if (m.group_id) return check_token(*m.group_id, "MessageGroupId");
  if (s.fifo) return faults::missing_parameter("MessageGroupId");
  return std::nullopt;
}

problem check_deduplication(const outgoing_message& m, const queue_settings& s) {
  if (m.deduplication_id) {
    if (!s.fifo)
      return faults::invalid_value(*m.deduplication_id, "MessageDeduplicationId", wrong_queue_type);
    return check_token(*m.deduplication_id, "MessageDeduplicationId");
  }
  if (!s.fifo || s.content_based_deduplication) return std::nullopt;
  return faults::invalid_parameter(
      "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
      "explicitly");
}

problem check_message(const outgoing_message& m, const queue_settings& s) {
  if (m.body.empty()) return faults::missing_parameter("MessageBody");
  if (problem wrong = check_size(m, s)) return wrong;
  if (problem wrong = check_body(m.body)) return wrong;
  if (problem wrong = check_delay(m, s)) return wrong;
  if (problem wrong = check_group(m, s)) return wrong;
  return check_deduplication(m, s);
}

/// What fails a batch whole beyond its form: its sum, and on a FIFO queue an entry without group or
/// deduplication id.
problem check_batch_content(const std::vector<send_message_batch_entry>& entries, const queue_settings& s) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].message.body.empty())
      return faults::missing_parameter(fmt::format("SendMessageBatchRequestEntry.{}.MessageBody", i + 1));
    bytes += size_bytes(entries[i].message.body, entries[i].message.attributes);
  }
  if (bytes > message_bytes_limit) return faults::batch_too_long(bytes, message_bytes_limit);
  if (!s.fifo) return std::nullopt;
  for (const send_message_batch_entry& entry : entries) {
    if (!entry.message.group_id)
      return faults::invalid_parameter(faults::missing_parameter("MessageGroupId").message);
    if (!entry.message.deduplication_id)
      if (problem wrong = check_deduplication(entry.message, s)) return wrong;
  }
  return std::nullopt;
}

std::string deduplication_id_of(const outgoing_message& m) {
  return m.deduplication_id ? *m.deduplication_id : sha256_hex(m.body);
}

std::string deduplication_key(const queue_settings& s, const std::string& group, const std::string& id) {
  const bool per_group = s.deduplication_scope == queue_settings::scope::message_group;
  return deduplication::key(per_group ? std::string_view(group) : std::string_view(), id);
}

std::vector<std::string> md5s_of_bodies(const std::vector<send_message_batch_entry>& entries) {
  std::vector<std::string_view> bodies;
  bodies.reserve(entries.size());
  for (const send_message_batch_entry& entry : entries)
    bodies.push_back(entry.message.body);
  return md5_hex_of_each(bodies);
}

/// A body without the room that reading its escapes has left: a queue can hold millions for long.
std::string fitted(std::string body) {
  if (body.capacity() - body.size() > body.size() / 8) body.shrink_to_fit();
  return body;
}

}  // namespace

std::string sequence_number(std::uint64_t serial) {
  constexpr std::uint64_t base = 10'000'000'000'000'000'000ULL;  // twenty digits from the first on
  return std::to_string(base + serial);
}

answer<send_message_result> send_operations::perform(const call& caller, send_message_request r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  std::string md5_of_body = md5_hex(r.message.body);
  return accept(**found, caller, r.message, std::move(md5_of_body));
}

answer<send_message_batch_result> send_operations::perform(const call& caller, send_message_batch_request r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  queue& q = **found;
  if (problem wrong = check_batch(r.entries, "SendMessageBatchRequestEntry")) return *wrong;
  if (problem wrong = check_batch_content(r.entries, q.settings())) return *wrong;
  std::vector<std::string> md5s = md5s_of_bodies(r.entries);
  send_message_batch_result result;
  result.successful.reserve(r.entries.size());
  for (std::size_t i = 0; i != r.entries.size(); ++i) {
    send_message_batch_entry& entry = r.entries[i];
    auto sent = accept(q, caller, entry.message, std::move(md5s[i]));
    if (sent.has_error())
      result.failed.push_back(failed_entry(entry.id, sent.error()));
    else
      result.successful.push_back({std::move(entry.id), std::move(*sent)});
  }
  return result;
}

answer<send_message_result> send_operations::accept(queue& q, const call& caller, outgoing_message& m,
                                                    std::string md5_of_body) {
  const queue_settings& settings = q.settings();
  if (problem wrong = check_message(m, settings)) return *wrong;
  auto attributes = check_attributes(m.attributes);
  if (attributes.has_error()) return attributes.error();
  auto trace_header = check_system_attributes(m.system_attributes);
  if (trace_header.has_error()) return trace_header.error();

  send_message_result result;
  result.md5_of_body = std::move(md5_of_body);
  result.md5_of_attributes = sqs::attributes_md5(*attributes);
  result.md5_of_system_attributes = sqs::system_attributes_md5(*trace_header);
  auto message = std::make_unique<stored_message>();
  std::string key;
  if (settings.fifo) {
    std::string id = deduplication_id_of(m);
    key = deduplication_key(settings, *m.group_id, id);
    if (const deduplication::accepted* earlier = q.deduplication.find(key, caller.now.steady)) {
      result.message_id = earlier->message_id;
      result.sequence_number = sequence_number(earlier->serial);
      return result;
    }
    message->rare().deduplication_id = std::move(id);
  }
  result.message_id = random_.uuid();
  message->id = std::string_view(result.message_id);
  message->md5_of_body = std::string_view(result.md5_of_body);
  message->body = fitted(std::move(m.body));
  message->sender_id = sender(caller.account);
  if (m.group_id) message->group_id = std::move(*m.group_id);
  if (!attributes->empty()) message->rare().attributes = std::move(*attributes);
  if (trace_header->empty()) *trace_header = caller.trace_header;
  if (!trace_header->empty()) message->rare().trace_header = std::move(*trace_header);
  message->sent_at = caller.now.wall;
  message->enqueued = caller.now.steady;
  const bool own_delay = m.delay_s && !settings.fifo;
  const std::chrono::seconds delay = own_delay ? std::chrono::seconds(*m.delay_s) : settings.delay;
  const stored_message& stored = q.put(std::move(message), caller.now.steady, delay, scatter(q));
  ++q.totals.sent;
  queues_.touch(q);
  if (settings.fifo) {
    result.sequence_number = sequence_number(stored.serial);
    q.deduplication.remember(std::move(key), {result.message_id, stored.serial}, caller.now.steady);
  }
  return result;
}

std::uint64_t send_operations::scatter(const queue& q) {
  constexpr std::uint64_t places = 16;
  return options_.reorder && !q.is_fifo() ? random_.next() % places : 0;
}

}  // namespace lastcall::broker
