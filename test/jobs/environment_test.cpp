#include "jobs/environment.hpp"

#include "jobs/captured_log.hpp"
#include "jobs/full_message.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <map>

using namespace lastcall;
using namespace std::chrono_literals;
using jobs::message_environment;

namespace {

std::map<std::string, std::string> variables_of(const message& m) {
  std::map<std::string, std::string> all;
  const std::vector<std::string> lines = message_environment(m, "orders").value();
  for (const std::string& line : lines) {
    const std::size_t equals = line.find('=');
    const bool is_new = all.emplace(line.substr(0, equals), line.substr(equals + 1)).second;
    CHECK_MESSAGE(is_new, line);
  }
  return all;
}

}  // namespace

TEST_CASE("a command learns its message's ids, times and counts") {
  const std::map<std::string, std::string> expected{
      {"LASTCALL_MESSAGE_ID", "m-1"},
      {"LASTCALL_QUEUE", "orders"},
      {"LASTCALL_RECEIVE_COUNT", "3"},
      {"LASTCALL_SENT_AT", "2023-11-14T22:13:20.123Z"},
      {"LASTCALL_FIRST_RECEIVED_AT", "2023-11-14T22:13:21.999Z"},
      {"LASTCALL_SENDER_ID", "AIDA"},
      {"LASTCALL_GROUP_ID", "g"},
      {"LASTCALL_DEDUPLICATION_ID", "d"},
      {"LASTCALL_SEQUENCE_NUMBER", "18870"},
      {"LASTCALL_TRACE_HEADER", "Root=1-5759e988"},
      {"LASTCALL_DEAD_LETTER_SOURCE_ARN", "arn:aws:sqs:eu-west-1:1:orders"},
      {"LASTCALL_ATTRIBUTES", "{}"}};
  CHECK(variables_of(testing::full_message()) == expected);
}

TEST_CASE("what a command is told is known by name, so that a lastcall that it runs does not wonder at it") {
  message m = testing::full_message();
  m.attributes = {{"Total", {"Number", "42"}}};
  std::vector<std::string> all = jobs::checkpoint_environment("/file", "17");
  for (std::string& line : message_environment(m, "orders").value())
    all.push_back(std::move(line));
  for (const std::string& line : all)
    CHECK_MESSAGE(jobs::is_set_for_commands(line.substr(0, line.find('='))), line);
  CHECK_FALSE(jobs::is_set_for_commands("LASTCALL_GRCE"));
}

TEST_CASE("what a message does not have is no variable") {
  const auto all = variables_of(message{});
  CHECK(!all.contains("LASTCALL_GROUP_ID"));
  CHECK(!all.contains("LASTCALL_SENT_AT"));
}

TEST_CASE("an attribute of each type is a variable, a Binary as base64") {
  message m;
  m.attributes = {{"customer.name", {"String", "Zoë = \"Ltd\"\n"}},
                  {"Total", {"Number.int", "42"}},
                  {"thumb-nail", {"Binary.png", std::string("\x00\xff", 2)}},
                  {"empty", {"String", ""}}};
  const auto all = variables_of(m);
  CHECK(all.at("LASTCALL_ATTR_CUSTOMER_NAME") == "Zoë = \"Ltd\"\n");
  CHECK(all.at("LASTCALL_ATTR_TOTAL") == "42");
  CHECK(all.at("LASTCALL_ATTR_THUMB_NAIL") == "AP8=");
  CHECK(all.at("LASTCALL_ATTR_EMPTY").empty());
  const auto json = nlohmann::json::parse(all.at("LASTCALL_ATTRIBUTES"));
  CHECK(json.size() == 4);
  CHECK(json["customer.name"] == nlohmann::json{{"type", "String"}, {"value", "Zoë = \"Ltd\"\n"}});
  CHECK(json["thumb-nail"] == nlohmann::json{{"type", "Binary.png"}, {"value", "AP8="}});
}

TEST_CASE("where names collide the first in byte order is the variable, and all are in LASTCALL_ATTRIBUTES") {
  message m;
  m.attributes = {{"a-b", {"String", "1"}}, {"a.b", {"String", "2"}}, {"A_B", {"String", "3"}}};
  const auto all = variables_of(m);
  CHECK(all.at("LASTCALL_ATTR_A_B") == "3");
  CHECK(nlohmann::json::parse(all.at("LASTCALL_ATTRIBUTES")).size() == 3);
}

TEST_CASE("a name that is not one of SQS can't write another variable") {
  message m;
  m.attributes = {{"X=1\nPATH", {"String", "/evil"}}};
  CHECK(variables_of(m).at("LASTCALL_ATTR_X_1_PATH") == "/evil");
}

TEST_CASE("a NUL byte is refused, since a variable would end there") {
  message m;
  m.attributes = {{"note", {"String", std::string("a\0b", 3)}}};
  const auto made = message_environment(m, "orders");
  REQUIRE(made.has_error());
  CHECK(made.error().message.find("LASTCALL_ATTR_NOTE") != std::string::npos);
  CHECK(made.error().message.find("NUL") != std::string::npos);
}

TEST_CASE("a value that Linux does not allow as a variable is refused by name") {
  message m;
  m.attributes = {{"big", {"String", std::string(131072, 'x')}}};
  const auto made = message_environment(m, "orders");
  REQUIRE(made.has_error());
  CHECK(made.error().message.find("LASTCALL_ATTR_BIG") != std::string::npos);
}

TEST_CASE("attributes that only together are too long lack LASTCALL_ATTRIBUTES, and that is said") {
  testing::captured_log log;
  message m;
  m.attributes = {{"a", {"String", std::string(70000, 'x')}}, {"b", {"String", std::string(70000, 'x')}}};
  const auto all = variables_of(m);
  CHECK(all.contains("LASTCALL_ATTR_A"));
  CHECK(!all.contains("LASTCALL_ATTRIBUTES"));
  CHECK(log.named("attributes are too long for LASTCALL_ATTRIBUTES").size() == 1);
}

TEST_CASE("a command inherits the worker's environment, but not the worker's options") {
  const char* const environment[] = {"PATH=/bin", "LASTCALL_SMTP_PASSWORD=x", "AWS_REGION=eu-west-1",
                                     "LASTCALL", nullptr};
  CHECK(jobs::inherited_environment(environment) ==
        std::vector<std::string>{"PATH=/bin", "AWS_REGION=eu-west-1", "LASTCALL"});
}
