#include "sqs/send_codec.hpp"

#include "aws/json.hpp"
#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "sqs/answer.hpp"
#include "sqs/attributes_md5.hpp"
#include "sqs/batch.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace lastcall::sqs {
namespace {

using aws::take_text;
using nlohmann::json;

error invalid(std::string message) { return {error_kind::invalid, "", std::move(message)}; }

error too_large(std::uint64_t bytes, const char* what) {
  return invalid(std::string(what) + " of " + std::to_string(bytes) + " bytes is over the limit of SQS, " +
                 std::to_string(most_message_bytes) +
                 " bytes with names, types and values of attributes included");
}

bool is_binary(const message_attribute& a) noexcept { return a.data_type.starts_with("Binary"); }

std::optional<error> check_texts(const outgoing& m) {
  if (!is_utf8(m.body))
    return invalid("the message's body is not UTF-8, which SQS requires: encode it, for example as base64");
  for (const auto& [name, attribute] : m.attributes) {
    const bool is_text =
        is_utf8(name) && is_utf8(attribute.data_type) && (is_binary(attribute) || is_utf8(attribute.value));
    if (!is_text)
      return invalid("the message attribute '" + printable(name, 64) +
                     "' is not UTF-8, which SQS requires: give it the data type Binary");
  }
  if (!is_utf8(m.group_id) || !is_utf8(m.deduplication_id) || !is_utf8(m.trace_header))
    return invalid(
        "the message's group id, deduplication id or trace header is not UTF-8, which SQS requires");
  return std::nullopt;
}

void write_attribute(json_writer& out, const std::string& name, const message_attribute& a) {
  out.object(name, [&] {
    out.member("DataType", a.data_type);
    if (is_binary(a))
      out.member("BinaryValue", to_base64(a.value));
    else
      out.member("StringValue", a.value);
  });
}

void write_message(json_writer& out, const outgoing& m) {
  out.member("MessageBody", m.body);
  if (m.delay.count() != 0) out.member("DelaySeconds", m.delay.count());
  if (!m.group_id.empty()) out.member("MessageGroupId", m.group_id);
  if (!m.deduplication_id.empty()) out.member("MessageDeduplicationId", m.deduplication_id);
  if (!m.attributes.empty())
    out.object("MessageAttributes", [&] {
      for (const auto& [name, attribute] : m.attributes)
        write_attribute(out, name, attribute);
    });
  if (!m.trace_header.empty())
    out.object("MessageSystemAttributes",
               [&] { write_attribute(out, "AWSTraceHeader", {"String", m.trace_header}); });
}

/// Whether an MD5 of the answer is that of what was sent; emulators may leave it out.
bool fits(const std::string& told, const std::string& own) { return told.empty() || told == own; }

std::optional<error> check_stored(const stored_md5s& told, const outgoing& sent) {
  const bool intact = fits(told.of_body, md5_hex(sent.body)) &&
                      fits(told.of_attributes, attributes_md5(sent.attributes)) &&
                      fits(told.of_system_attributes, system_attributes_md5(sent.trace_header));
  if (intact) return std::nullopt;
  return error{error_kind::protocol, "",
               "the queue has stored something else than was sent: the MD5 of its answer does not fit"};
}

}  // namespace

result<std::string> encode_send(std::string_view queue_url, const outgoing& m) {
  if (const std::uint64_t bytes = size_bytes(m); bytes > most_message_bytes)
    return too_large(bytes, "a message");
  if (std::optional<error> problem = check_texts(m)) return std::move(*problem);
  json_writer out;
  out.object([&] {
    out.member("QueueUrl", queue_url);
    write_message(out, m);
  });
  return out.take();
}

result<std::string> encode_send_batch(std::string_view queue_url, std::span<const outgoing> messages) {
  if (messages.empty() || messages.size() > most_batch_entries)
    return invalid("a batch has 1 to 10 messages, not " + std::to_string(messages.size()));
  std::uint64_t bytes = 0;
  for (const outgoing& m : messages) {
    bytes += size_bytes(m);
    if (std::optional<error> problem = check_texts(m)) return std::move(*problem);
  }
  if (bytes > most_message_bytes) return too_large(bytes, "a batch");
  return encode_batch(queue_url, messages, write_message);
}

result<std::string> decode_send(std::string_view body, const outgoing& sent) {
  json answer = aws::parse_object(body);
  if (answer.is_null()) return not_an_answer("SendMessage", body);
  std::string id = take_text(answer, "MessageId");
  if (id.empty()) return not_an_answer("SendMessage", body);
  const stored_md5s told{take_text(answer, "MD5OfMessageBody"), take_text(answer, "MD5OfMessageAttributes"),
                         take_text(answer, "MD5OfMessageSystemAttributes")};
  if (std::optional<error> problem = check_stored(told, sent)) return std::move(*problem);
  return id;
}

result<std::vector<batch_failure>> decode_send_batch(std::string_view body, std::span<const outgoing> sent) {
  return decode_batch("SendMessageBatch", body, sent.size(), [&](std::size_t index, const stored_md5s& told) {
    return check_stored(told, sent[index]);
  });
}

}  // namespace lastcall::sqs
