#include "sqs/send_codec.hpp"

#include "base/hash.hpp"
#include "sqs/api_model.hpp"
#include "sqs/attributes_md5.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace lastcall;
using namespace lastcall::sqs;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr const char* url = "http://localhost:4566/000000000000/jobs";

outgoing full() {
  return {.body = "body",
          .attributes = {{"n", {"Number", "7"}}, {"b", {"Binary.png", std::string("\x00\xFF", 2)}}},
          .delay = 5s,
          .group_id = "g",
          .deduplication_id = "d",
          .trace_header = "Root=1"};
}

outgoing only(std::string body) {
  return {
      .body = std::move(body), .attributes = {}, .group_id = {}, .deduplication_id = {}, .trace_header = {}};
}

json answer_to(const outgoing& m) {
  json answer{{"MessageId", "id"}, {"MD5OfMessageBody", md5_hex(m.body)}};
  if (!m.attributes.empty()) answer["MD5OfMessageAttributes"] = attributes_md5(m.attributes);
  if (!m.trace_header.empty()) answer["MD5OfMessageSystemAttributes"] = system_attributes_md5(m.trace_header);
  return answer;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("messages are sent in the words of the API") {
  const testing::api_model model;
  const std::vector<outgoing> batch{full(), only("plain")};
  CHECK(model.complaints("SendMessage", encode_send(url, full()).value()).empty());
  CHECK(model.complaints("SendMessageBatch", encode_send_batch(url, batch).value()).empty());
  CHECK(json::parse(encode_send(url, full()).value()) ==
        json::parse(
            R"({"QueueUrl":"http://localhost:4566/000000000000/jobs","MessageBody":"body","DelaySeconds":5,
          "MessageGroupId":"g","MessageDeduplicationId":"d",
          "MessageAttributes":{"n":{"DataType":"Number","StringValue":"7"},
                               "b":{"DataType":"Binary.png","BinaryValue":"AP8="}},
          "MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=1"}}})"));
  CHECK(json::parse(encode_send_batch(url, batch).value()).at("Entries").at(1) ==
        json::parse(R"({"Id":"1","MessageBody":"plain"})"));
}

TEST_CASE("a message over 1 MiB is refused before it is sent, attributes included") {
  CHECK(encode_send(url, only(std::string(1024 * 1024, 'x'))).has_value());
  const auto refused = encode_send(url, only(std::string(1024 * 1024 + 1, 'x')));
  REQUIRE(refused.has_error());
  CHECK(refused.error().kind == error_kind::invalid);
  CHECK(has(refused.error().message, "1048577 bytes is over the limit"));
  outgoing with_attribute = only(std::string(1024 * 1024 - 8, 'x'));
  with_attribute.attributes = {{"n", {"Number", "7"}}};
  CHECK(encode_send(url, with_attribute).has_value());
  with_attribute.attributes = {{"n", {"Number", "77"}}};
  CHECK(encode_send(url, with_attribute).has_error());
}

TEST_CASE("a batch of none, of more than ten, or of more than 1 MiB together is refused") {
  const auto why = [](const std::vector<outgoing>& batch) {
    return encode_send_batch(url, batch).error().message;
  };
  CHECK(has(why({}), "1 to 10 messages, not 0"));
  CHECK(has(why(std::vector<outgoing>(11, only("x"))), "1 to 10 messages, not 11"));
  CHECK(encode_send_batch(url, std::vector<outgoing>(10, only(std::string(104'857, 'x')))).has_value());
  CHECK(has(why(std::vector<outgoing>(10, only(std::string(104'858, 'x')))), "a batch of 1048580 bytes"));
}

TEST_CASE("a text that is not UTF-8 is refused with what to do; binary values may be anything") {
  CHECK(has(encode_send(url, only("\xFF")).error().message, "not UTF-8"));
  outgoing m = only("x");
  m.attributes = {{"a", {"String", "\xFF"}}};
  CHECK(has(encode_send(url, m).error().message, "'a'"));
  CHECK(encode_send_batch(url, std::vector<outgoing>{m}).has_error());
  m.attributes = {{"a", {"Binary", "\xFF"}}};
  CHECK(encode_send(url, m).has_value());
  for (std::string outgoing::* text :
       {&outgoing::group_id, &outgoing::deduplication_id, &outgoing::trace_header}) {
    outgoing wrong = only("x");
    wrong.*text = "\xFF";
    CHECK(encode_send(url, wrong).has_error());
  }
}

TEST_CASE("a sent message is answered with its id, once the checksums fit") {
  CHECK(decode_send(answer_to(full()).dump(), full()).value() == "id");
  CHECK(decode_send(R"({"MessageId":"id"})", full()).value() == "id");
  for (const char* md5 : {"MD5OfMessageBody", "MD5OfMessageAttributes", "MD5OfMessageSystemAttributes"}) {
    json changed = answer_to(full());
    changed[md5] = md5_hex("something else");
    const auto refused = decode_send(changed.dump(), full());
    REQUIRE(refused.has_error());
    CHECK(refused.error().kind == error_kind::protocol);
    CHECK(has(refused.error().message, "MD5"));
  }
}

TEST_CASE("in a batch, an entry whose checksum does not fit is one that has failed") {
  const std::vector<outgoing> sent{only("first"), full()};
  json first = answer_to(sent[0]);
  first["Id"] = "0";
  json second = answer_to(sent[1]);
  second["Id"] = "1";
  json answer{{"Successful", {first, second}}};
  CHECK(decode_send_batch(answer.dump(), sent).value().empty());
  answer["Successful"][1]["MD5OfMessageBody"] = md5_hex("something else");
  const auto failed = decode_send_batch(answer.dump(), sent).value();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].index == 1);
  CHECK(failed[0].why.kind == error_kind::protocol);
}

TEST_CASE("rubbish in place of the answer to a send is an error of the protocol") {
  for (const char* body : {"", "{}", "[]", R"({"MessageId":7})", "<html>"})
    CHECK(decode_send(body, only("x")).error().kind == error_kind::protocol);
}
