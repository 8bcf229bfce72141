#include "broker/engine_world.hpp"

namespace lastcall::broker {

using namespace std::chrono_literals;

TEST_CASE("messages come in the order in which they were sent") {
  engine_world w;
  const std::string url = w.create("jobs");
  for (const char* body : {"1", "2", "3", "4"})
    w.send(url, body);
  CHECK(w.receive_bodies(url, 3) == texts{"1", "2", "3"});
  CHECK(w.receive_bodies(url, 3) == texts{"4"});
  CHECK(w.receive_bodies(url, 3).empty());
  CHECK(w.counts(url) == "0/4/0");
}

TEST_CASE("a receive brings one message unless it asks for more") {
  engine_world w;
  const std::string url = w.create("jobs");
  w.send(url, "1");
  w.send(url, "2");
  receive_message_request r;
  r.queue_url = url;
  CHECK(w.try_receive(r).value().result.messages.size() == 1);
}

TEST_CASE("the numbers of a receive have ranges") {
  engine_world w;
  const std::string url = w.create("jobs");
  const auto refusal = [&](auto set) {
    receive_message_request r;
    r.queue_url = url;
    set(r);
    return error_of(w.try_receive(r), "InvalidParameterValueException");
  };
  CHECK(refusal([](auto& r) { r.max_messages = 11; }) ==
        "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if "
        "provided.");
  CHECK(
      refusal([](auto& r) { r.max_messages = 0; }) ==
      "Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.");
  CHECK(refusal([](auto& r) { r.wait_s = 21; }) ==
        "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.");
  CHECK(refusal([](auto& r) { r.wait_s = -1; }) ==
        "Value -1 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.");
  CHECK(refusal([](auto& r) { r.visibility_timeout_s = 43'201; }) ==
        "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if "
        "provided.");
  CHECK(
      refusal([](auto& r) { r.visibility_timeout_s = -1; }) ==
      "Value -1 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.");
}

TEST_CASE("a received message is hidden for the queue's visibility timeout, or the receive's") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "10"}});
  w.send(url, "1");
  CHECK(w.receive_bodies(url) == texts{"1"});
  w.pass(9999ms);
  CHECK(w.receive(url).empty());
  w.pass(1ms);
  receive_message_request longer = engine_world::receive_all(url);
  longer.visibility_timeout_s = 60;
  CHECK(w.try_receive(longer).value().result.messages.size() == 1);
  w.pass(59s);
  CHECK(w.counts(url) == "0/1/0");
  w.pass(1s);
  CHECK(w.counts(url) == "1/0/0");
}

TEST_CASE("with a visibility timeout of 0 a message is there for the next receive") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "0"}});
  w.send(url, "1");
  CHECK(w.receive_bodies(url) == texts{"1"});
  CHECK(w.receive_bodies(url) == texts{"1"});
  CHECK(w.counts(url) == "1/0/0");
}

TEST_CASE("a message that comes back waits behind those that are ready") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "10"}});
  w.send(url, "poison");
  CHECK(w.receive(url, 1).size() == 1);
  w.send(url, "fresh");
  w.pass(10s);
  CHECK(w.receive_bodies(url) == texts{"fresh", "poison"});
}

TEST_CASE("system attributes tell who sent, when, how often it was received and when first") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "5"}});
  w.send(url, "1");
  w.pass(1500ms);
  received_message got = w.receive(url).at(0);
  CHECK(system_attribute(got, "SenderId") == "000000000000");
  CHECK(system_attribute(got, "SentTimestamp") == "1700000000000");
  CHECK(system_attribute(got, "ApproximateReceiveCount") == "1");
  CHECK(system_attribute(got, "ApproximateFirstReceiveTimestamp") == "1700000001500");
  CHECK(got.system_attributes.size() == 4);
  w.pass(10s);
  got = w.receive(url).at(0);
  CHECK(system_attribute(got, "ApproximateReceiveCount") == "2");
  CHECK(system_attribute(got, "ApproximateFirstReceiveTimestamp") == "1700000001500");
}

TEST_CASE("system attributes come back when they are asked for, under the old parameter or the new") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "0"}});
  w.send_to_group(url, "tenant", "1");
  const auto names = [&](texts old_names, texts new_names) {
    receive_message_request r;
    r.queue_url = url;
    r.attribute_names = std::move(old_names);
    r.system_attribute_names = std::move(new_names);
    texts out;
    const answer<receive_outcome> outcome = w.try_receive(r);
    for (const auto& [name, value] : outcome.value().result.messages.at(0).system_attributes)
      out.emplace_back(name);
    return out;
  };
  CHECK(names({}, {}).empty());
  CHECK(names({"SenderId"}, {}) == texts{"SenderId"});
  CHECK(names({}, {"SentTimestamp", "MessageGroupId"}) == texts{"SentTimestamp", "MessageGroupId"});
  CHECK(names({"SenderId"}, {"SentTimestamp"}) == texts{"SenderId", "SentTimestamp"});
  CHECK(names({"All"}, {}).size() == 5);
  CHECK(names({}, {"AWSTraceHeader", "SequenceNumber"}).empty());
  receive_message_request wrong = engine_world::receive_all(url);
  wrong.system_attribute_names = {"Nonsense"};
  CHECK(error_of(w.try_receive(wrong), "InvalidAttributeName") == "Unknown Attribute Nonsense.");
}

TEST_CASE("message attributes come back by name, by prefix or all, with the MD5 of those that come") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "0"}});
  outgoing_message m = engine_world::text("1");
  for (const char* name : {"a", "bar.one", "bar.two", "bart"})
    m.attributes.emplace(name, attribute_value{"String", "v", {}});
  const std::string md5_of_all = w.send(url, m).md5_of_attributes;
  const auto receive = [&](texts names) {
    receive_message_request r;
    r.queue_url = url;
    r.message_attribute_names = std::move(names);
    return w.try_receive(r).value().result.messages.at(0);
  };
  const auto names = [&](texts asked) {
    texts out;
    const received_message got = receive(std::move(asked));
    for (const auto& [name, value] : got.attributes)
      out.push_back(name);
    return out;
  };
  const texts all{"a", "bar.one", "bar.two", "bart"};
  CHECK(names({}).empty());
  CHECK(receive({}).md5_of_attributes.empty());
  for (const char* everything : {"All", ".*", "*"})
    CHECK(names({everything}) == all);
  CHECK(receive({"All"}).md5_of_attributes == md5_of_all);
  CHECK(names({"a", "none"}) == texts{"a"});
  CHECK(receive({"a"}).md5_of_attributes != md5_of_all);
  CHECK(names({"bar.*"}) == texts{"bar.one", "bar.two", "bart"});
  CHECK(names({"bar.one", "bar.*", "a"}) == all);
}

TEST_CASE("a message older than the retention period is gone, in flight or not") {
  engine_world w;
  const std::string url = w.create("jobs", {{"MessageRetentionPeriod", "60"}, {"VisibilityTimeout", "600"}});
  w.send(url, "1");
  w.send(url, "2");
  const std::string handle = w.receive(url, 1).at(0).receipt_handle;
  w.pass(30s);
  w.send(url, "3");
  w.pass(29s);
  CHECK(w.counts(url) == "2/1/0");
  w.pass(1s);
  CHECK(w.counts(url) == "1/0/0");
  CHECK(w.remove(url, handle).has_value());
  CHECK(w.receive_bodies(url) == texts{"3"});
}

TEST_CASE("a shorter retention period holds for messages that are there") {
  engine_world w;
  const std::string url = w.create("jobs");
  w.send(url, "1");
  w.pass(100s);
  w.set(url, {{"MessageRetentionPeriod", "60"}});
  CHECK(w.counts(url) == "0/0/0");
}

TEST_CASE("at the limit in flight a standard queue answers OverLimit, or nothing to those who wait") {
  engine_world w({.in_flight_limit = 20});
  const std::string url = w.create("jobs");
  for (int i = 0; i < 25; ++i)
    w.send(url, "x");
  CHECK(w.receive(url, 9).size() == 9);
  CHECK(w.receive(url, 9).size() == 9);
  const std::vector<received_message> last = w.receive(url, 10);
  CHECK(last.size() == 2);  // what is left below the limit
  const auto refused = w.try_receive(engine_world::receive_all(url));
  CHECK_FALSE(error_of(refused, "OverLimit").empty());
  CHECK(refused.error().status == 403);
  receive_message_request waiting = engine_world::receive_all(url);
  waiting.wait_s = 1;
  CHECK(w.try_receive(waiting).value().result.messages.empty());
  CHECK(w.remove(url, last.at(0).receipt_handle).has_value());
  CHECK(w.receive(url).size() == 1);
}

TEST_CASE("a FIFO queue at the limit in flight answers nothing") {
  engine_world w({.in_flight_limit = 20});
  const std::string url = w.create_fifo("jobs.fifo", {{"ContentBasedDeduplication", "true"}});
  for (int i = 0; i < 21; ++i)
    w.send_to_group(url, "g" + std::to_string(i), std::to_string(i));
  while (!w.receive(url).empty()) {
  }
  CHECK(w.counts(url) == "1/20/0");
}

TEST_CASE("the limit in flight is that of SQS, 120,000 messages") {
  CHECK(engine_options{}.in_flight_limit == 120'000);
}

TEST_CASE("what nobody got can be given back, as if it had not been received") {
  engine_world w;
  const std::string url = w.create("jobs");
  w.send(url, "1");
  w.send(url, "2");
  receive_message_request one = engine_world::receive_all(url);
  one.max_messages = 1;
  const receive_outcome lost = w.try_receive(one).value();
  w.pass(1s);
  w.engine.give_back(lost, w.now);
  CHECK(w.counts(url) == "2/0/0");
  const auto got = w.receive(url);
  CHECK(got.at(0).body == "1");
  CHECK(system_attribute(got.at(0), "ApproximateReceiveCount") == "1");
  CHECK(system_attribute(got.at(0), "ApproximateFirstReceiveTimestamp") == "1700000001000");
  w.engine.give_back(lost, w.now);  // someone else holds it now
  CHECK(w.counts(url) == "0/2/0");
}

}  // namespace lastcall::broker
