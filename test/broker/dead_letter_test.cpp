#include "broker/engine_world.hpp"

namespace lastcall::broker {

using namespace std::chrono_literals;

namespace {

struct dead_letter_world : engine_world {
  explicit dead_letter_world(int max_receive_count = 1) {
    dead = create("dead");
    url =
        create("jobs", {{"RedrivePolicy", redrive("dead", max_receive_count)}, {"VisibilityTimeout", "10"}});
  }
  /// Receives until the message has been moved.
  void fail(int times) {
    for (int i = 0; i < times; ++i) {
      receive(url);
      pass(10s);
    }
    CHECK(receive(url).empty());
  }
  std::string url;
  std::string dead;
};

std::string refusal(engine_world& w, const std::string& url, const std::string& policy) {
  return error_of(w.ask(set_queue_attributes_request{url, {{"RedrivePolicy", policy}}}),
                  "InvalidParameterValueException");
}

}  // namespace

TEST_CASE("a message received maxReceiveCount times goes to the dead-letter queue at the next receive") {
  dead_letter_world w(2);
  const std::string id = w.send(w.url, "poison").message_id;
  w.send(w.url, "poison too");
  w.receive(w.url);
  w.pass(10s);
  w.receive(w.url);
  w.pass(10s);
  CHECK(w.counts(w.url) == "2/0/0");
  CHECK(w.counts(w.dead) == "0/0/0");
  w.send(w.url, "fresh");
  CHECK(w.receive_bodies(w.url) == texts{"fresh"});
  CHECK(w.counts(w.dead) == "2/0/0");
  const received_message got = w.receive(w.dead).at(0);
  CHECK(got.message_id == id);
  CHECK(got.body == "poison");
  CHECK(system_attribute(got, "DeadLetterQueueSourceArn") == arn("jobs"));
  // Two receives, the one that moved it, and this.
  CHECK(system_attribute(got, "ApproximateReceiveCount") == "4");
  CHECK(system_attribute(got, "SentTimestamp") == "1700000000000");
  CHECK(system_attribute(got, "ApproximateFirstReceiveTimestamp") == "1700000000000");
}

TEST_CASE("a handle from the source does nothing to a message that has been moved") {
  dead_letter_world w;
  w.send(w.url, "poison");
  const std::string handle = w.receive(w.url).at(0).receipt_handle;
  w.pass(10s);
  w.receive(w.url);
  CHECK(w.remove(w.url, handle).has_value());
  CHECK(w.counts(w.dead) == "1/0/0");
}

TEST_CASE("a dead letter on a standard queue keeps its age") {
  dead_letter_world w;
  w.set(w.dead, {{"MessageRetentionPeriod", "60"}});
  w.send(w.url, "poison");
  w.fail(1);
  w.pass(49s);
  CHECK(w.counts(w.dead) == "1/0/0");
  w.pass(1s);
  CHECK(w.counts(w.dead) == "0/0/0");
}

TEST_CASE("a dead letter on a FIFO queue starts its age anew, and its id becomes its deduplication id") {
  engine_world w;
  const std::string dead = w.create_fifo("dead.fifo", {{"MessageRetentionPeriod", "60"}});
  const std::string url = w.create_fifo("jobs.fifo", {{"RedrivePolicy", redrive("dead.fifo", 1)},
                                                      {"ContentBasedDeduplication", "true"},
                                                      {"VisibilityTimeout", "10"}});
  const std::string id = w.send_to_group(url, "g", "poison").message_id;
  w.send_to_group(url, "g", "next");
  w.receive(url, 1);
  w.pass(10s);
  CHECK(w.receive_bodies(url, 1) == texts{"next"});  // the group goes on without it
  w.pass(59s);
  const received_message got = w.receive(dead).at(0);
  CHECK(got.message_id == id);
  CHECK(system_attribute(got, "MessageDeduplicationId") == id);
  CHECK(system_attribute(got, "MessageGroupId") == "g");
  CHECK(system_attribute(got, "SequenceNumber").size() == 20);
  w.pass(1s);
  CHECK(w.counts(dead) == "0/0/0");
}

TEST_CASE("a message whose dead-letter queue is gone stays") {
  dead_letter_world w;
  w.send(w.url, "poison");
  w.ask(delete_queue_request{w.dead}).value();
  for (int i = 0; i < 5; ++i) {
    CHECK(w.receive_bodies(w.url) == texts{"poison"});
    w.pass(10s);
  }
}

TEST_CASE("a redrive policy is JSON with both of its members in range") {
  dead_letter_world w;
  const auto reason = [](const std::string& policy, const std::string& why) {
    return "Value " + policy + " for parameter RedrivePolicy is invalid. Reason: " + why;
  };
  CHECK(refusal(w, w.url, "{}") ==
        reason("{}", "Redrive policy does not contain mandatory attribute: maxReceiveCount."));
  const auto not_json = w.ask(set_queue_attributes_request{w.url, {{"RedrivePolicy", "rubbish"}}});
  CHECK(error_of(not_json, "InvalidAttributeValue") ==
        "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.");
  CHECK(refusal(w, w.url, R"({"maxReceiveCount":1})") ==
        reason(R"({"maxReceiveCount":1})",
               "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."));
  for (const int wrong : {0, -1, 1001})
    CHECK(refusal(w, w.url, redrive("dead", wrong)) ==
          reason(redrive("dead", wrong), "Invalid value for maxReceiveCount: " + std::to_string(wrong) +
                                             ", valid values are from 1 to 1000 both inclusive."));
  const std::string more = R"({"maxReceiveCount":1,"deadLetterTargetArn":")" + arn("dead") + R"(","more":1})";
  CHECK(refusal(w, w.url, more) ==
        reason(more, "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn]."));
  // Errors repeat the policy as it was written.
  const std::string spaced = R"({"deadLetterTargetArn": "dummy", "maxReceiveCount": 42})";
  CHECK(refusal(w, w.url, spaced) == reason(spaced, "Invalid value for deadLetterTargetArn."));
  CHECK(w.ask(create_queue_request{"new", {{"RedrivePolicy", spaced}}, {}}).error().message ==
        reason(spaced, "Invalid value for deadLetterTargetArn."));
  CHECK(refusal(w, w.url, redrive("nowhere", 1)) ==
        reason(redrive("nowhere", 1), "Dead letter target does not exist."));
  CHECK(w.attribute(w.url, "RedrivePolicy") == redrive("dead", 1));
}

TEST_CASE("maxReceiveCount may come as a text, and an empty policy removes it") {
  dead_letter_world w;
  w.set(w.url,
        {{"RedrivePolicy", R"({"maxReceiveCount":"5","deadLetterTargetArn":")" + arn("dead") + "\"}"}});
  CHECK(w.attribute(w.url, "RedrivePolicy") == redrive("dead", 5));
  w.set(w.url, {{"RedrivePolicy", ""}});
  CHECK(w.attribute(w.url, "RedrivePolicy").empty());
  w.send(w.url, "poison");
  for (int i = 0; i < 3; ++i) {
    CHECK(w.receive(w.url).size() == 1);
    w.pass(10s);
  }
}

TEST_CASE("a dead-letter queue is of its source's type, account and region") {
  dead_letter_world w;
  w.create_fifo("dead.fifo");
  CHECK(refusal(w, w.url, redrive("dead.fifo", 1)).find("must be same type of queue") != std::string::npos);
  for (const char* elsewhere :
       {"arn:aws:sqs:us-east-1:111111111111:dead", "arn:aws:sqs:eu-west-1:000000000000:dead",
        "arn:aws:sns:us-east-1:000000000000:dead", "dead"})
    CHECK_FALSE(refusal(w, w.url,
                        R"({"deadLetterTargetArn":")" + std::string(elsewhere) + R"(","maxReceiveCount":1})")
                    .empty());
  CHECK(w.ask(create_queue_request{"new", {{"RedrivePolicy", redrive("nowhere", 1)}}, {}}).has_error());
}

TEST_CASE("a redrive allow policy says which sources a dead-letter queue has") {
  dead_letter_world w;
  const std::string other = w.create("other");
  w.set(w.dead, {{"RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})"}});
  CHECK_FALSE(refusal(w, other, redrive("dead", 1)).empty());
  w.set(w.dead, {{"RedriveAllowPolicy",
                  R"({"redrivePermission":"byQueue","sourceQueueArns":[")" + arn("other") + "\"]}"}});
  CHECK(w.ask(set_queue_attributes_request{other, {{"RedrivePolicy", redrive("dead", 1)}}}).has_value());
  CHECK_FALSE(refusal(w, w.create("third"), redrive("dead", 1)).empty());
  w.set(w.dead, {{"RedriveAllowPolicy", R"({"redrivePermission":"allowAll"})"}});
  CHECK(w.attribute(w.dead, "RedriveAllowPolicy") == R"({"redrivePermission":"allowAll"})");
}

TEST_CASE("a redrive allow policy names at most ten sources, and names them with byQueue only") {
  engine_world w;
  const std::string url = w.create("dead");
  const auto accepted = [&](const std::string& policy) {
    return w.ask(set_queue_attributes_request{url, {{"RedriveAllowPolicy", policy}}}).has_value();
  };
  const auto by_queue = [](int sources) {
    std::string policy = R"({"redrivePermission":"byQueue","sourceQueueArns":[)";
    for (int i = 0; i < sources; ++i)
      policy += (i == 0 ? "\"" : ",\"") + arn("s" + std::to_string(i)) + "\"";
    return policy + "]}";
  };
  CHECK(accepted(by_queue(1)));
  CHECK(accepted(by_queue(10)));
  const auto is_refused = [&](const std::string& policy, const std::string& why) {
    const auto refused = w.ask(set_queue_attributes_request{url, {{"RedriveAllowPolicy", policy}}});
    CHECK(
        error_of(refused, "InvalidParameterValueException") ==
        "Value " + policy +
            " for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow "
            "policy. " +
            why);
  };
  is_refused(by_queue(11), "The maximum number of source queue ARNs you can specify is 10.");
  const std::string none =
      "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.";
  is_refused(by_queue(0), none);
  is_refused(R"({"redrivePermission":"byQueue"})", none);
  for (const std::string permission : {"denyAll", "allowAll"})
    is_refused(R"({"redrivePermission":")" + permission + R"(","sourceQueueArns":["a"]})",
               "To specify one or more source queue ARNs, you must set redrivePermission to byQueue.");
}

TEST_CASE("a redrive allow policy of another form is refused") {
  engine_world w;
  const std::string url = w.create("dead");
  for (const char* policy : {"rubbish", "[]", "{}", R"({"redrivePermission":"sometimes"})",
                             R"({"redrivePermission":1})", R"({"redrivePermission":"allowAll","more":1})",
                             R"({"redrivePermission":"byQueue","sourceQueueArns":"arn"})",
                             R"({"redrivePermission":"byQueue","sourceQueueArns":[1]})"}) {
    CAPTURE(policy);
    CHECK(
        error_of(w.ask(set_queue_attributes_request{url, {{"RedriveAllowPolicy", policy}}}),
                 "InvalidAttributeValue") ==
        "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive allow "
        "policy, as it’s in an unsupported format.");
  }
}

TEST_CASE("the sources of a dead-letter queue are listed by name, in pages") {
  engine_world w;
  const std::string dead = w.create("dead");
  for (const char* name : {"c", "a", "b"})
    w.create(name, {{"RedrivePolicy", redrive("dead", 3)}});
  w.create("unrelated");
  using request = list_dead_letter_source_queues_request;
  CHECK(w.ask(request{dead, "", {}}).value().queue_urls ==
        texts{"http://here/000000000000/a", "http://here/000000000000/b", "http://here/000000000000/c"});
  const auto page = w.ask(request{dead, "", 2}).value();
  CHECK(page.queue_urls.size() == 2);
  CHECK(w.ask(request{dead, page.next_token, 2}).value().queue_urls == texts{"http://here/000000000000/c"});
  CHECK(w.ask(request{w.create("lone"), "", {}}).value().queue_urls.empty());
}

}  // namespace lastcall::broker
