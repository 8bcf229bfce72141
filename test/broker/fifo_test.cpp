#include "broker/engine_world.hpp"

namespace lastcall::broker {

using namespace std::chrono_literals;

namespace {

struct fifo_world : engine_world {
  explicit fifo_world(text_map attributes = {}) {
    attributes.emplace("ContentBasedDeduplication", "true");
    attributes.emplace("VisibilityTimeout", "30");
    url = create_fifo("jobs.fifo", std::move(attributes));
  }
  send_message_result send_as(const std::string& group, const std::string& body,
                              const std::string& deduplication_id) {
    outgoing_message m = text(body);
    m.group_id = group;
    m.deduplication_id = deduplication_id;
    return send(url, std::move(m));
  }
  std::vector<received_message> receive_attempt(const std::string& attempt, std::int64_t visibility_s = 30) {
    receive_message_request r = receive_all(url);
    r.attempt_id = attempt;
    r.visibility_timeout_s = visibility_s;
    return try_receive(r).value().result.messages;
  }
  std::string url;
};

texts bodies(const std::vector<received_message>& messages) {
  texts out;
  for (const received_message& m : messages)
    out.push_back(m.body);
  return out;
}

}  // namespace

TEST_CASE("a FIFO queue needs a group and a deduplication id or content-based deduplication") {
  engine_world w;
  const std::string url = w.create_fifo("jobs.fifo");
  CHECK(error_of(w.ask(send_message_request{url, engine_world::text("1")}),
                 "MissingRequiredParameterException") ==
        "The request must contain the parameter MessageGroupId.");
  outgoing_message grouped = engine_world::text("1");
  grouped.group_id = "g";
  CHECK(error_of(w.ask(send_message_request{url, grouped}), "InvalidParameterValueException") ==
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
        "explicitly");
}

TEST_CASE("a FIFO batch without a group, or without deduplication, fails whole") {
  engine_world w;
  const std::string url = w.create_fifo("jobs.fifo");
  outgoing_message good = engine_world::text("1");
  good.group_id = "g";
  good.deduplication_id = "d";
  outgoing_message groupless = engine_world::text("2");
  groupless.deduplication_id = "e";
  CHECK(error_of(w.ask(send_message_batch_request{url, {{"a", good}, {"b", groupless}}}),
                 "InvalidParameterValueException") ==
        "The request must contain the parameter MessageGroupId.");
  outgoing_message plain = engine_world::text("2");
  plain.group_id = "g";
  CHECK(error_of(w.ask(send_message_batch_request{url, {{"a", good}, {"b", plain}}}),
                 "InvalidParameterValueException") ==
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
        "explicitly");
  CHECK(w.counts(url) == "0/0/0");
}

TEST_CASE("a receive fills from one group first, in order") {
  fifo_world w;
  for (const char* body : {"a1", "b1", "a2", "b2", "a3"})
    w.send_to_group(w.url, std::string(1, body[0]), body);
  CHECK(w.receive_bodies(w.url, 4) == texts{"a1", "a2", "a3", "b1"});
}

TEST_CASE("a message in flight blocks its group, and only that") {
  fifo_world w;
  w.send_to_group(w.url, "a", "a1");
  w.send_to_group(w.url, "a", "a2");
  w.send_to_group(w.url, "b", "b1");
  const auto first = w.receive(w.url, 1);
  CHECK(bodies(first) == texts{"a1"});
  w.send_to_group(w.url, "a", "a3");  // new sends don't unblock it
  CHECK(w.receive_bodies(w.url) == texts{"b1"});
  CHECK(w.receive(w.url).empty());
  CHECK(w.counts(w.url) == "2/2/0");
  w.remove(w.url, first.at(0).receipt_handle).value();
  CHECK(w.receive_bodies(w.url) == texts{"a2", "a3"});
}

TEST_CASE("a group stays blocked until none of its messages is in flight") {
  fifo_world w;
  for (const char* body : {"1", "2", "3"})
    w.send_to_group(w.url, "g", body);
  const auto got = w.receive(w.url, 2);
  w.remove(w.url, got.at(0).receipt_handle).value();
  CHECK(w.receive(w.url).empty());
  w.remove(w.url, got.at(1).receipt_handle).value();
  CHECK(w.receive_bodies(w.url) == texts{"3"});
}

TEST_CASE("messages that come back keep their order") {
  fifo_world w;
  for (const char* body : {"1", "2", "3", "4"})
    w.send_to_group(w.url, "g", body);
  const auto got = w.receive(w.url, 3);
  w.hide(w.url, got.at(2).receipt_handle, 0).value();
  w.hide(w.url, got.at(0).receipt_handle, 0).value();
  CHECK(w.receive(w.url).empty());  // "2" is still in flight
  w.pass(30s);
  CHECK(w.receive_bodies(w.url) == texts{"1", "2", "3", "4"});
}

TEST_CASE("sequence numbers have twenty digits and grow") {
  fifo_world w;
  const std::string first = w.send_to_group(w.url, "a", "1").sequence_number;
  const std::string second = w.send_to_group(w.url, "b", "2").sequence_number;
  CHECK(first.size() == 20);
  CHECK(first < second);
  const received_message got = w.receive(w.url, 1).at(0);
  CHECK(system_attribute(got, "SequenceNumber") == first);
  CHECK(system_attribute(got, "MessageGroupId") == "a");
  CHECK(system_attribute(got, "MessageDeduplicationId") ==
        "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b");  // SHA-256 of the body
}

TEST_CASE("a message sent again within five minutes is answered as the first and stored once") {
  fifo_world w;
  const send_message_result first = w.send_as("g", "one", "d");
  w.pass(299s);
  const send_message_result again = w.send_as("g", "another body", "d");
  CHECK(again.message_id == first.message_id);
  CHECK(again.sequence_number == first.sequence_number);
  CHECK(again.md5_of_body != first.md5_of_body);
  CHECK(w.counts(w.url) == "1/0/0");
  w.pass(1s);
  CHECK(w.send_as("g", "one", "d").message_id != first.message_id);
  CHECK(w.counts(w.url) == "2/0/0");
}

TEST_CASE("content is deduplicated by the body alone") {
  fifo_world w;
  const send_message_result first = w.send_to_group(w.url, "g", "same");
  outgoing_message with_attribute = engine_world::text("same");
  with_attribute.group_id = "other group";
  with_attribute.group_id = "other";
  with_attribute.attributes.emplace("a", attribute_value{"String", "v", {}});
  CHECK(w.send(w.url, with_attribute).message_id == first.message_id);
  // An explicit id that is the hash of the content is the same id.
  CHECK(w.send_as("g", "x", "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5").message_id ==
        first.message_id);
  CHECK(w.counts(w.url) == "1/0/0");
}

TEST_CASE("deduplication outlives the message, but not a purge") {
  fifo_world w;
  w.send_as("g", "one", "d");
  w.remove(w.url, w.receive(w.url).at(0).receipt_handle).value();
  w.send_as("g", "one", "d");
  CHECK(w.counts(w.url) == "0/0/0");
  w.ask(purge_queue_request{w.url}).value();
  w.send_as("g", "one", "d");
  CHECK(w.counts(w.url) == "1/0/0");
}

TEST_CASE("with the scope messageGroup ids count within their group") {
  fifo_world w(text_map{{"DeduplicationScope", "messageGroup"}});
  w.send_as("a", "one", "d");
  w.send_as("b", "one", "d");
  w.send_as("a", "one", "d");
  CHECK(w.counts(w.url) == "2/0/0");
  fifo_world by_queue;
  by_queue.send_as("a", "one", "d");
  by_queue.send_as("b", "one", "d");
  CHECK(by_queue.counts(by_queue.url) == "1/0/0");
}

TEST_CASE("a FIFO message has no delay of its own") {
  fifo_world w;
  outgoing_message m = engine_world::text("1");
  m.group_id = "g";
  m.delay_s = 2;
  CHECK(error_of(w.ask(send_message_request{w.url, m}), "InvalidParameterValueException") ==
        "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not "
        "valid for this queue type.");
}

TEST_CASE("on a FIFO queue a delay of 0 means the queue's") {
  fifo_world w(text_map{{"DelaySeconds", "5"}});
  outgoing_message m = engine_world::text("1");
  m.group_id = "g";
  m.delay_s = 0;
  w.send(w.url, m);
  CHECK(w.counts(w.url) == "0/0/1");
  w.pass(5s);
  CHECK(w.receive_bodies(w.url) == texts{"1"});
}

TEST_CASE("a new delay of a FIFO queue holds for the messages that are there") {
  fifo_world w(text_map{{"DelaySeconds", "100"}});
  w.send_to_group(w.url, "g", "1");
  w.pass(10s);
  w.send_to_group(w.url, "g", "2");
  w.set(w.url, {{"DelaySeconds", "5"}});
  CHECK(w.counts(w.url) == "1/0/1");
  w.pass(5s);
  CHECK(w.receive_bodies(w.url) == texts{"1", "2"});
}

TEST_CASE("a receive attempt that is repeated brings the same messages and handles, hidden anew") {
  fifo_world w;
  for (const char* body : {"1", "2"})
    w.send_to_group(w.url, "g", body);
  w.send_to_group(w.url, "h", "3");
  const auto lost = w.receive_attempt("try");
  CHECK(bodies(lost) == texts{"1", "2", "3"});
  w.pass(20s);
  const auto again = w.receive_attempt("try");
  REQUIRE(again.size() == 3);
  CHECK(again.at(0).receipt_handle == lost.at(0).receipt_handle);
  CHECK(system_attribute(again.at(0), "ApproximateReceiveCount") == "1");
  w.pass(29s);  // the visibility was reset
  CHECK(w.counts(w.url) == "0/3/0");
  CHECK(w.receive_attempt("another").empty());
  CHECK(w.remove(w.url, again.at(0).receipt_handle).has_value());
}

TEST_CASE("a receive attempt can't be repeated once a message of it was touched, or after five minutes") {
  const auto repeat_after = [](auto act) {
    fifo_world w;
    w.send_to_group(w.url, "g", "1");
    w.send_to_group(w.url, "h", "2");
    const auto got = w.receive_attempt("try", 600);
    act(w, got);
    return bodies(w.receive_attempt("try", 600));
  };
  CHECK(repeat_after([](auto&, auto&) {}) == texts{"1", "2"});
  CHECK(repeat_after([](auto& w, auto& got) { w.remove(w.url, got.at(0).receipt_handle).value(); }).empty());
  CHECK(
      repeat_after([](auto& w, auto& got) { w.hide(w.url, got.at(0).receipt_handle, 60).value(); }).empty());
  CHECK(repeat_after([](auto& w, auto& got) { w.hide(w.url, got.at(0).receipt_handle, 0).value(); }) ==
        texts{"1"});
  CHECK(repeat_after([](auto& w, auto&) { w.pass(300s); }).empty());
  CHECK(repeat_after([](auto& w, auto&) { w.pass(299s); }) == texts{"1", "2"});
}

TEST_CASE("after the leases have ended a receive attempt is a new receive") {
  fifo_world w;
  w.send_to_group(w.url, "g", "1");
  const auto first = w.receive_attempt("try", 10);
  w.pass(10s);
  const auto second = w.receive_attempt("try", 10);
  REQUIRE(second.size() == 1);
  CHECK(second.at(0).receipt_handle != first.at(0).receipt_handle);
  CHECK(system_attribute(second.at(0), "ApproximateReceiveCount") == "2");
  CHECK(w.receive_attempt("try", 10).at(0).receipt_handle == second.at(0).receipt_handle);
}

TEST_CASE("a receive attempt id belongs on FIFO queues and has 1 to 128 characters") {
  fifo_world w;
  receive_message_request r = engine_world::receive_all(w.create("standard"));
  r.attempt_id = "try";
  CHECK(error_of(w.try_receive(r), "InvalidParameterValueException").find("not valid for this queue type") !=
        std::string::npos);
  r.queue_url = w.url;
  for (const std::string& wrong : {std::string(), std::string("a b"), std::string(129, 'a')}) {
    r.attempt_id = wrong;
    CHECK(w.try_receive(r).has_error());
  }
}

TEST_CASE("a message that is given back unblocks its group") {
  fifo_world w;
  w.send_to_group(w.url, "g", "1");
  w.send_to_group(w.url, "g", "2");
  receive_message_request r = engine_world::receive_all(w.url);
  r.attempt_id = "try";
  const receive_outcome lost = w.try_receive(r).value();
  w.engine.give_back(lost, w.now);
  CHECK(bodies(w.receive_attempt("try")) == texts{"1", "2"});
}

TEST_CASE("the end of a message's life unblocks its group") {
  fifo_world w({{"MessageRetentionPeriod", "60"}, {"VisibilityTimeout", "600"}});
  w.send_to_group(w.url, "g", "1");
  w.receive(w.url);
  w.pass(30s);
  w.send_to_group(w.url, "g", "2");
  CHECK(w.receive(w.url).empty());
  w.pass(30s);
  CHECK(w.receive_bodies(w.url) == texts{"2"});
}

}  // namespace lastcall::broker
