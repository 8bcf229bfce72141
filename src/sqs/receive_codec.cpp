#include "sqs/receive_codec.hpp"

#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "base/json_reader.hpp"
#include "base/log.hpp"
#include "base/mark.hpp"
#include "sqs/answer.hpp"
#include "sqs/attributes_md5.hpp"
#include "sqs/batch.hpp"
#include "sqs/json_writer.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace lastcall::sqs {
namespace {

std::uint64_t number_in(std::string_view text) noexcept {
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

/// Reads an object whose members are texts, and tells `take` the name and the value of each.
template <class Take>
void read_texts(json_reader& in, std::string& scratch, Take take) {
  if (in.next() != json_reader::kind::object) return in.skip();
  in.object([&](std::string_view name) {
    in.text_if_any(scratch);
    take(name, std::as_const(scratch));
  });
}

void read_system_attribute(std::string_view name, const std::string& value, message& out) {
  constexpr std::uint64_t most_receives = 1'000'000'000;
  if (name == "ApproximateReceiveCount")
    out.receive_count = static_cast<unsigned>(std::clamp<std::uint64_t>(number_in(value), 1, most_receives));
  else if (name == "SentTimestamp")
    out.sent_at = time_in(value);
  else if (name == "ApproximateFirstReceiveTimestamp")
    out.first_received_at = time_in(value);
  else if (name == "SenderId")
    out.sender_id = value;
  else if (name == "MessageGroupId")
    out.group_id = value;
  else if (name == "MessageDeduplicationId")
    out.deduplication_id = value;
  else if (name == "SequenceNumber")
    out.sequence_number = value;
  else if (name == "AWSTraceHeader")
    out.trace_header = value;
  else if (name == "DeadLetterQueueSourceArn")
    out.dead_letter_source_arn = value;
}

std::optional<message_attribute> read_attribute(json_reader& in, std::string& scratch) {
  message_attribute out;
  std::string text;
  std::string base64;
  read_texts(in, scratch, [&](std::string_view name, const std::string& value) {
    if (name == "DataType")
      out.data_type = value;
    else if (name == "StringValue")
      text = value;
    else if (name == "BinaryValue")
      base64 = value;
  });
  if (out.data_type.empty()) return std::nullopt;
  if (!out.data_type.starts_with("Binary")) {
    out.value = std::move(text);
    return out;
  }
  result<std::string> bytes = from_base64(base64);
  if (!bytes) return std::nullopt;
  out.value = std::move(*bytes);
  return out;
}

/// False: something in them can't be read.
bool read_attributes(json_reader& in, std::string& scratch, message& out) {
  if (in.next() != json_reader::kind::object) {
    in.skip();
    return false;
  }
  bool all = true;
  in.object([&](std::string_view name) {
    std::string key(name);
    if (std::optional<message_attribute> read = read_attribute(in, scratch))
      out.attributes.insert_or_assign(std::move(key), std::move(*read));
    else
      all = false;
  });
  return all;
}

/// Whether the content is what was sent, as far as the answer lets one know: emulators may leave an MD5 out.
bool is_intact(const message& m, const std::string& md5_of_body, const std::string& md5_of_attributes) {
  if (!md5_of_body.empty() && md5_of_body != md5_hex(m.body)) return false;
  return md5_of_attributes.empty() || m.attributes.empty() ||
         md5_of_attributes == attributes_md5(m.attributes);
}

/// Texts whose memory serves one message after the other.
struct reused {
  std::string scratch;
  std::string md5_of_body;
  std::string md5_of_attributes;
};

/// A message and what its answer says about it.
struct read_so_far {
  message m;
  bool readable{true};
  bool has_body{false};
};

void read_member(json_reader& in, std::string_view name, reused& texts, read_so_far& out) {
  // By way of `scratch`, each text of the message gets memory of its own size, and once.
  const auto text = [&](std::string& into) {
    in.text_if_any(texts.scratch);
    into = texts.scratch;
  };
  if (name == "MessageId") {
    text(out.m.id);
  } else if (name == "ReceiptHandle") {
    text(out.m.receipt_handle);
  } else if (name == "Body") {
    out.has_body = in.next() == json_reader::kind::text;
    text(out.m.body);
  } else if (name == "MD5OfBody") {
    in.text_if_any(texts.md5_of_body);
  } else if (name == "MD5OfMessageAttributes") {
    in.text_if_any(texts.md5_of_attributes);
  } else if (name == "Attributes") {
    read_texts(in, texts.scratch, [&](std::string_view attribute, const std::string& value) {
      read_system_attribute(attribute, value, out.m);
    });
  } else if (name == "MessageAttributes") {
    out.readable = read_attributes(in, texts.scratch, out.m) && out.readable;
  } else {
    in.skip();
  }
}

void read_message(json_reader& in, reused& texts, receive_answer& into) {
  read_so_far read;
  texts.md5_of_body.clear();
  texts.md5_of_attributes.clear();
  if (in.next() == json_reader::kind::object)
    in.object([&](std::string_view name) { read_member(in, name, texts, read); });
  else
    in.skip();
  if (in.failed()) return;
  if (read.m.receipt_handle.empty()) {
    LASTCALL_MARK("a received message has no receipt handle");
    log::warning("a received message has no receipt handle and is left alone", {{"message_id", read.m.id}});
    return;
  }
  const bool intact =
      read.readable && read.has_body && is_intact(read.m, texts.md5_of_body, texts.md5_of_attributes);
  (intact ? into.messages : into.corrupt).push_back(std::move(read.m));
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
  receive_answer out;
  reused texts;
  json_reader in(body);
  in.object([&](std::string_view name) {
    if (name != "Messages" || in.next() == json_reader::kind::null) return in.skip();
    in.list([&] {
      if (out.messages.empty()) out.messages.reserve(most_batch_entries);
      read_message(in, texts, out);
    });
  });
  if (!in.finish()) return not_an_answer("ReceiveMessage", body);
  return out;
}

}  // namespace lastcall::sqs
