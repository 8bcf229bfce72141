#include "sqs/queue_codec.hpp"

#include "aws/json.hpp"
#include "sqs/answer.hpp"
#include "sqs/json_writer.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstdint>

namespace lastcall::sqs {
namespace {

using aws::take_text;
using nlohmann::json;

/// The most that a page may have. Without it ListQueues answers 1,000 queues and no way to the rest.
constexpr int queues_in_a_page = 1000;

constexpr const char* visible = "ApproximateNumberOfMessages";
constexpr const char* in_flight = "ApproximateNumberOfMessagesNotVisible";
constexpr const char* delayed = "ApproximateNumberOfMessagesDelayed";

template <class Fill>
std::string object(Fill fill) {
  json_writer out;
  out.object([&] { fill(out); });
  return out.take();
}

void write_map(json_writer& out, std::string_view name, const attribute_map& map) {
  out.object(name, [&] {
    for (const auto& [key, value] : map)
      out.member(key, value);
  });
}

std::uint64_t count(const attribute_map& attributes, const char* name) noexcept {
  const auto found = attributes.find(name);
  std::uint64_t value = 0;
  if (found != attributes.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  return value;
}

}  // namespace

std::string encode_create_queue(std::string_view name, const attribute_map& attributes) {
  return object([&](json_writer& out) {
    out.member("QueueName", name);
    if (!attributes.empty()) write_map(out, "Attributes", attributes);
  });
}

std::string encode_queue_name(std::string_view name) {
  return object([&](json_writer& out) { out.member("QueueName", name); });
}

std::string encode_queue_url(std::string_view queue_url) {
  return object([&](json_writer& out) { out.member("QueueUrl", queue_url); });
}

std::string encode_list_queues(std::string_view prefix, std::string_view next_token) {
  return object([&](json_writer& out) {
    out.member("MaxResults", queues_in_a_page);
    if (!prefix.empty()) out.member("QueueNamePrefix", prefix);
    if (!next_token.empty()) out.member("NextToken", next_token);
  });
}

std::string encode_get_attributes(std::string_view queue_url, const std::vector<std::string>& names) {
  return object([&](json_writer& out) {
    out.member("QueueUrl", queue_url);
    out.array("AttributeNames", [&] {
      for (const std::string& name : names)
        out.element(name);
    });
  });
}

std::string encode_set_attributes(std::string_view queue_url, const attribute_map& attributes) {
  return object([&](json_writer& out) {
    out.member("QueueUrl", queue_url);
    write_map(out, "Attributes", attributes);
  });
}

std::string encode_start_move_task(std::string_view source_arn, std::string_view destination_arn) {
  return object([&](json_writer& out) {
    out.member("SourceArn", source_arn);
    if (!destination_arn.empty()) out.member("DestinationArn", destination_arn);
  });
}

result<std::string> decode_text(std::string_view operation, std::string_view body, std::string_view member) {
  json answer = aws::parse_object(body);
  std::string text = answer.is_null() ? std::string() : take_text(answer, member);
  if (text.empty()) return not_an_answer(operation, body);
  return text;
}

result<queue_page> decode_list_queues(std::string_view body) {
  json answer = aws::parse_object(body);
  if (answer.is_null()) return not_an_answer("ListQueues", body);
  queue_page out{{}, take_text(answer, "NextToken")};
  const auto urls = answer.find("QueueUrls");
  if (urls == answer.end() || urls->is_null()) return out;
  if (!urls->is_array()) return not_an_answer("ListQueues", body);
  for (json& url : *urls) {
    if (!url.is_string()) return not_an_answer("ListQueues", body);
    out.urls.push_back(std::move(url.get_ref<std::string&>()));
  }
  return out;
}

result<attribute_map> decode_attributes(std::string_view body) {
  json answer = aws::parse_object(body);
  if (answer.is_null()) return not_an_answer("GetQueueAttributes", body);
  attribute_map out;
  const auto attributes = answer.find("Attributes");
  if (attributes == answer.end() || attributes->is_null()) return out;
  if (!attributes->is_object()) return not_an_answer("GetQueueAttributes", body);
  for (const auto& item : attributes->items())
    if (item.value().is_string()) out.emplace(item.key(), item.value().get<std::string>());
  return out;
}

std::vector<std::string> count_names() { return {visible, in_flight, delayed}; }

queue_counts counts_in(const attribute_map& attributes) {
  return {count(attributes, visible), count(attributes, in_flight), count(attributes, delayed)};
}

}  // namespace lastcall::sqs
