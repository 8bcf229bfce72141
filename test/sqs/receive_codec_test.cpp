#include "sqs/receive_codec.hpp"

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

json message_of(const std::string& body) {
  return {{"MessageId", "id"}, {"ReceiptHandle", "handle"}, {"Body", body}, {"MD5OfBody", md5_hex(body)}};
}

receive_answer decoded(json message) {
  return decode_receive(json{{"Messages", json::array({std::move(message)})}}.dump()).value();
}

constexpr const char* url = "http://localhost:4566/000000000000/jobs";

}  // namespace

TEST_CASE("a receive asks for all that is there, in the words of the API") {
  const testing::api_model model;
  receive_request request{.max_messages = 7, .wait = 20s, .visibility = 60s, .attempt_id = {}};
  const std::string encoded = encode_receive(url, request);
  CHECK(model.complaints("ReceiveMessage", encoded).empty());
  const json all = json::array({"All"});
  CHECK(json::parse(encoded) == json{{"QueueUrl", url},
                                     {"MaxNumberOfMessages", 7},
                                     {"WaitTimeSeconds", 20},
                                     {"VisibilityTimeout", 60},
                                     {"MessageSystemAttributeNames", all},
                                     {"AttributeNames", all},
                                     {"MessageAttributeNames", all}});
  request.attempt_id = "again";
  CHECK(model.complaints("ReceiveMessage", encode_receive(url, request)).empty());
  CHECK(json::parse(encode_receive(url, request)).at("ReceiveRequestAttemptId") == "again");
}

TEST_CASE("no messages are no messages, however that is said") {
  for (const char* body : {"{}", R"({"Messages":[]})", R"({"Messages":null})"}) {
    const receive_answer answer = decode_receive(body).value();
    CHECK(answer.messages.empty());
    CHECK(answer.corrupt.empty());
  }
}

TEST_CASE("a message is read with everything that it brings") {
  json m = message_of(
      "Gr\xC3\xBC\xC3\x9F"
      "e \xF0\x9F\x8C\x8D");
  m["Attributes"] = {{"ApproximateReceiveCount", "3"},
                     {"SentTimestamp", "1700000000123"},
                     {"ApproximateFirstReceiveTimestamp", "1700000001456"},
                     {"SenderId", "AIDA"},
                     {"MessageGroupId", "g"},
                     {"MessageDeduplicationId", "d"},
                     {"SequenceNumber", "18849496460467696128"},
                     {"AWSTraceHeader", "Root=1"},
                     {"DeadLetterQueueSourceArn", "arn:aws:sqs:us-east-1:1:q"},
                     {"SomethingNew", "x"}};
  m["MessageAttributes"] = {{"n", {{"DataType", "Number.int"}, {"StringValue", "7"}}},
                            {"b", {{"DataType", "Binary.png"}, {"BinaryValue", "AP+A"}}}};
  const std::map<std::string, message_attribute> attributes{
      {"n", {"Number.int", "7"}}, {"b", {"Binary.png", std::string("\x00\xFF\x80", 3)}}};
  m["MD5OfMessageAttributes"] = attributes_md5(attributes);
  const receive_answer answer = decoded(m);
  REQUIRE(answer.messages.size() == 1);
  const message& got = answer.messages[0];
  CHECK(got.id == "id");
  CHECK(got.receipt_handle == "handle");
  CHECK(got.body ==
        "Gr\xC3\xBC\xC3\x9F"
        "e \xF0\x9F\x8C\x8D");
  CHECK(got.receive_count == 3);
  CHECK(got.sent_at == std::chrono::system_clock::time_point(1'700'000'000'123ms));
  CHECK(got.first_received_at == std::chrono::system_clock::time_point(1'700'000'001'456ms));
  CHECK(got.sender_id == "AIDA");
  CHECK(got.group_id == "g");
  CHECK(got.deduplication_id == "d");
  CHECK(got.sequence_number == "18849496460467696128");
  CHECK(got.trace_header == "Root=1");
  CHECK(got.dead_letter_source_arn == "arn:aws:sqs:us-east-1:1:q");
  REQUIRE(got.attributes.size() == 2);
  CHECK(got.attributes.at("n").data_type == "Number.int");
  CHECK(got.attributes.at("b").value == std::string("\x00\xFF\x80", 3));
}

TEST_CASE("a body may be empty, or as large as SQS allows") {
  CHECK(decoded(message_of("")).messages.size() == 1);
  CHECK(decoded(message_of(std::string(1024 * 1024, 'x'))).messages.at(0).body.size() == 1024 * 1024);
}

TEST_CASE("a message whose MD5 does not fit is corrupt, and keeps what is needed to release it") {
  json body = message_of("changed on the way");
  body["MD5OfBody"] = md5_hex("as it was sent");
  json attributes = message_of("fine");
  attributes["MessageAttributes"] = {{"n", {{"DataType", "Number"}, {"StringValue", "8"}}}};
  attributes["MD5OfMessageAttributes"] = attributes_md5({{"n", {"Number", "7"}}});
  for (const json& m : {body, attributes}) {
    const receive_answer answer = decoded(m);
    CHECK(answer.messages.empty());
    REQUIRE(answer.corrupt.size() == 1);
    CHECK(answer.corrupt[0].receipt_handle == "handle");
  }
}

TEST_CASE("a message whose content can't be read is corrupt") {
  const auto with_attribute = [](json attribute) {
    json m = message_of("fine");
    m["MessageAttributes"] = {{"a", std::move(attribute)}};
    return m;
  };
  json no_body = message_of("x");
  no_body.erase("Body");
  no_body.erase("MD5OfBody");
  json number = message_of("7");
  number["Body"] = 7;
  json list = message_of("fine");
  list["MessageAttributes"] = json::array();
  for (const json& m : {no_body, number, list, with_attribute(7), with_attribute(json::object()),
                        with_attribute({{"DataType", "Binary"}, {"BinaryValue", "*"}})})
    CHECK(decoded(m).corrupt.size() == 1);
}

TEST_CASE("an emulator may leave the MD5s out") {
  json m = message_of("fine");
  m.erase("MD5OfBody");
  m["MessageAttributes"] = {{"n", {{"DataType", "Number"}, {"StringValue", "8"}}}};
  CHECK(decoded(m).messages.size() == 1);
}

TEST_CASE("a message without a receipt handle is left alone; those beside it are not") {
  json lost = message_of("lost");
  lost.erase("ReceiptHandle");
  const json answer{{"Messages", {lost, 7, message_of("found")}}};
  const receive_answer read = decode_receive(answer.dump()).value();
  REQUIRE(read.messages.size() == 1);
  CHECK(read.messages[0].body == "found");
  CHECK(read.corrupt.empty());
}

TEST_CASE("counts and times that can't be read have harmless values") {
  json m = message_of("x");
  m["Attributes"] = {
      {"ApproximateReceiveCount", "-1"}, {"SentTimestamp", "99999999999999999999"}, {"SenderId", 7}};
  const message got = decoded(m).messages.at(0);
  CHECK(got.receive_count == 1);
  CHECK(got.sent_at == std::chrono::system_clock::time_point{});
  CHECK(got.sender_id.empty());
  m["Attributes"] = {{"ApproximateReceiveCount", "18446744073709551615"},
                     {"SentTimestamp", "9999999999999999"}};
  CHECK(decoded(m).messages.at(0).receive_count > 1);
  CHECK(decoded(m).messages.at(0).sent_at == std::chrono::system_clock::time_point{});
  m["Attributes"] = "none";
  CHECK(decoded(m).messages.at(0).receive_count == 1);
}

TEST_CASE("rubbish is an error of the protocol that shows what came") {
  const std::string deep(100'000, '[');
  for (const std::string& body :
       {std::string(), std::string("<html>"), std::string("[]"), std::string("null"),
        std::string(R"({"Messages":)"), std::string(R"({"Messages":"x"})"), std::string(R"({"Messages":{}})"),
        std::string("{\"Messages\":[\"\xFF\"]}"), deep}) {
    const auto answer = decode_receive(body);
    REQUIRE(answer.has_error());
    CHECK(answer.error().kind == error_kind::protocol);
    CHECK(answer.error().message.find("ReceiveMessage: the answer is not one of SQS") == 0);
    CHECK(answer.error().message.size() < 300);
  }
}
