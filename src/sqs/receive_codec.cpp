#include "sqs/receive_codec.hpp"

#include "aws/json.hpp"
#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "sqs/answer.hpp"
#include "sqs/attributes_md5.hpp"
#include "sqs/json_writer.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace lastcall::sqs {
namespace {

using aws::take_text;
using nlohmann::json;

std::uint64_t number_in(const std::string& text) noexcept {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc{} && end == text.data() + text.size() ? value : 0;
}

/// From milliseconds since the epoch; what can't be one is the epoch itself.
std::chrono::system_clock::time_point time_in(const std::string& text) noexcept {
  constexpr std::uint64_t most_ms = 9'000'000'000'000;  // the year 2255: beyond, nanoseconds overflow
  const std::uint64_t ms = number_in(text);
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(ms <= most_ms ? ms : 0));
}

void read_system_attributes(json& attributes, message& out) {
  constexpr std::uint64_t most_receives = 1'000'000'000;
  const std::uint64_t receives = number_in(take_text(attributes, "ApproximateReceiveCount"));
  out.receive_count = static_cast<unsigned>(std::clamp<std::uint64_t>(receives, 1, most_receives));
  out.sent_at = time_in(take_text(attributes, "SentTimestamp"));
  out.first_received_at = time_in(take_text(attributes, "ApproximateFirstReceiveTimestamp"));
  out.sender_id = take_text(attributes, "SenderId");
  out.group_id = take_text(attributes, "MessageGroupId");
  out.deduplication_id = take_text(attributes, "MessageDeduplicationId");
  out.sequence_number = take_text(attributes, "SequenceNumber");
  out.trace_header = take_text(attributes, "AWSTraceHeader");
  out.dead_letter_source_arn = take_text(attributes, "DeadLetterQueueSourceArn");
}

std::optional<message_attribute> read_attribute(json& value) {
  message_attribute out{take_text(value, "DataType"), {}};
  if (out.data_type.empty()) return std::nullopt;
  if (!out.data_type.starts_with("Binary")) {
    out.value = take_text(value, "StringValue");
    return out;
  }
  result<std::string> bytes = from_base64(take_text(value, "BinaryValue"));
  if (!bytes) return std::nullopt;
  out.value = std::move(*bytes);
  return out;
}

/// False: something in them can't be read.
bool read_attributes(json& attributes, message& out) {
  if (!attributes.is_object()) return false;
  bool all = true;
  for (const auto& item : attributes.items()) {
    if (std::optional<message_attribute> read = read_attribute(item.value()))
      out.attributes.emplace(item.key(), std::move(*read));
    else
      all = false;
  }
  return all;
}

/// Whether the content is what was sent, as far as the answer lets one know: emulators may leave an MD5 out.
bool is_intact(const message& m, const std::string& md5_of_body, const std::string& md5_of_attributes) {
  if (!md5_of_body.empty() && md5_of_body != md5_hex(m.body)) return false;
  return md5_of_attributes.empty() || m.attributes.empty() ||
         md5_of_attributes == attributes_md5(m.attributes);
}

void read_message(json& in, receive_answer& into) {
  message m;
  m.id = take_text(in, "MessageId");
  m.receipt_handle = take_text(in, "ReceiptHandle");
  if (m.receipt_handle.empty()) {
    log::warning("a received message has no receipt handle and is left alone", {{"message_id", m.id}});
    return;
  }
  const auto body = in.find("Body");
  bool readable = body != in.end() && body->is_string();
  m.body = take_text(in, "Body");
  if (const auto attributes = in.find("Attributes"); attributes != in.end())
    read_system_attributes(*attributes, m);
  if (const auto attributes = in.find("MessageAttributes"); attributes != in.end())
    readable = read_attributes(*attributes, m) && readable;
  const bool intact =
      readable && is_intact(m, take_text(in, "MD5OfBody"), take_text(in, "MD5OfMessageAttributes"));
  (intact ? into.messages : into.corrupt).push_back(std::move(m));
}

}  // namespace

std::string encode_receive(std::string_view queue_url, const receive_request& request) {
  json_writer out;
  out.object([&] {
    out.member("QueueUrl", queue_url);
    out.member("MaxNumberOfMessages", request.max_messages);
    out.member("WaitTimeSeconds", request.wait.count());
    out.member("VisibilityTimeout", request.visibility.count());
    for (const char* names : {"MessageSystemAttributeNames", "AttributeNames", "MessageAttributeNames"})
      out.array(names, [&] { out.element("All"); });
    if (!request.attempt_id.empty()) out.member("ReceiveRequestAttemptId", request.attempt_id);
  });
  return out.take();
}

result<receive_answer> decode_receive(std::string_view body) {
  json answer = aws::parse_object(body);
  if (answer.is_null()) return not_an_answer("ReceiveMessage", body);
  receive_answer out;
  const auto messages = answer.find("Messages");
  if (messages == answer.end() || messages->is_null()) return out;
  if (!messages->is_array()) return not_an_answer("ReceiveMessage", body);
  out.messages.reserve(messages->size());
  for (json& m : *messages)
    read_message(m, out);
  return out;
}

}  // namespace lastcall::sqs
