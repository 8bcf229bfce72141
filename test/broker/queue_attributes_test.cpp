#include "broker/engine_world.hpp"

namespace lastcall::broker {

TEST_CASE("a new queue has the attributes and defaults of SQS") {
  engine_world w;
  const std::string url = w.create("jobs");
  CHECK(w.ask(get_queue_attributes_request{url, {"All"}}).value().attributes ==
        text_map{{"ApproximateNumberOfMessages", "0"},
                 {"ApproximateNumberOfMessagesDelayed", "0"},
                 {"ApproximateNumberOfMessagesNotVisible", "0"},
                 {"CreatedTimestamp", "1700000000"},
                 {"DelaySeconds", "0"},
                 {"LastModifiedTimestamp", "1700000000"},
                 {"MaximumMessageSize", "1048576"},
                 {"MessageRetentionPeriod", "345600"},
                 {"QueueArn", "arn:aws:sqs:us-east-1:000000000000:jobs"},
                 {"ReceiveMessageWaitTimeSeconds", "0"},
                 {"SqsManagedSseEnabled", "true"},
                 {"VisibilityTimeout", "30"}});
}

TEST_CASE("a FIFO queue has four attributes more") {
  engine_world w;
  const text_map all =
      w.ask(get_queue_attributes_request{w.create_fifo("jobs.fifo"), {"All"}}).value().attributes;
  CHECK(all.at("FifoQueue") == "true");
  CHECK(all.at("ContentBasedDeduplication") == "false");
  CHECK(all.at("DeduplicationScope") == "queue");
  CHECK(all.at("FifoThroughputLimit") == "perQueue");
  CHECK(all.size() == 16);
}

TEST_CASE("only the attributes that are asked for come back") {
  engine_world w;
  const std::string url = w.create("jobs", {{"DelaySeconds", "7"}});
  CHECK(w.ask(get_queue_attributes_request{url, {"DelaySeconds", "Policy"}}).value().attributes ==
        text_map{{"DelaySeconds", "7"}});
  CHECK(w.ask(get_queue_attributes_request{url, {}}).value().attributes.empty());
  for (const char* unknown : {"Nonsense", "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", ""})
    CHECK(error_of(w.ask(get_queue_attributes_request{url, {unknown}}), "InvalidAttributeName") ==
          "Unknown Attribute " + std::string(unknown) + ".");
}

TEST_CASE("attributes have the ranges of the API reference") {
  engine_world w;
  const std::string url = w.create("jobs");
  struct range {
    const char* name;
    std::int64_t least, most;
  };
  for (const range& r : {range{"VisibilityTimeout", 0, 43'200}, range{"MaximumMessageSize", 1024, 1'048'576},
                         range{"MessageRetentionPeriod", 60, 1'209'600}, range{"DelaySeconds", 0, 900},
                         range{"ReceiveMessageWaitTimeSeconds", 0, 20}}) {
    CAPTURE(r.name);
    for (const std::int64_t good : {r.least, r.most}) {
      w.set(url, {{r.name, std::to_string(good)}});
      CHECK(w.attribute(url, r.name) == std::to_string(good));
    }
    for (const std::string& bad :
         {std::to_string(r.least - 1), std::to_string(r.most + 1), std::string("ten"), std::string(),
          std::string("1.5"), std::string(" 60")}) {
      CAPTURE(bad);
      CHECK(error_of(w.ask(set_queue_attributes_request{url, {{r.name, bad}}}), "InvalidAttributeValue") ==
            "Invalid value for the parameter " + std::string(r.name) + ".");
    }
  }
}

TEST_CASE("a change with one wrong attribute changes nothing") {
  engine_world w;
  const std::string url = w.create("jobs");
  CHECK(w.ask(set_queue_attributes_request{url, {{"DelaySeconds", "5"}, {"VisibilityTimeout", "x"}}})
            .has_error());
  CHECK(w.attribute(url, "DelaySeconds") == "0");
  CHECK(w.ask(set_queue_attributes_request{url, {}}).has_error());
}

TEST_CASE("what the server computes can't be set") {
  engine_world w;
  const std::string url = w.create("jobs");
  for (const char* name : {"QueueArn", "ApproximateNumberOfMessages", "CreatedTimestamp", "All", "Nonsense"})
    CHECK(error_of(w.ask(set_queue_attributes_request{url, {{name, "1"}}}), "InvalidAttributeName") ==
          "Unknown Attribute " + std::string(name) + ".");
}

TEST_CASE("a change is seen in LastModifiedTimestamp") {
  engine_world w;
  const std::string url = w.create("jobs");
  w.pass(std::chrono::seconds(90));
  w.set(url, {{"DelaySeconds", "5"}});
  CHECK(w.attribute(url, "LastModifiedTimestamp") == "1700000090");
  CHECK(w.attribute(url, "CreatedTimestamp") == "1700000000");
}

TEST_CASE("attributes of FIFO queues are refused on standard queues") {
  engine_world w;
  const auto refusal = [&](const char* name, const char* value) {
    return error_of(w.ask(create_queue_request{"jobs", {{name, value}}, {}}), "InvalidAttributeName");
  };
  CHECK(refusal("FifoQueue", "false") == "Unknown Attribute FifoQueue.");
  CHECK(refusal("ContentBasedDeduplication", "true") == "Unknown Attribute ContentBasedDeduplication.");
  CHECK(refusal("DeduplicationScope", "queue") ==
        "You can specify the DeduplicationScope only when FifoQueue is set to true.");
  CHECK(refusal("FifoThroughputLimit", "perQueue") ==
        "You can specify the FifoThroughputLimit only when FifoQueue is set to true.");
}

TEST_CASE("a queue's type can't be changed") {
  engine_world w;
  const std::string fifo = w.create_fifo("jobs.fifo");
  w.set(fifo, {{"FifoQueue", "true"}});
  CHECK(error_of(w.ask(set_queue_attributes_request{fifo, {{"FifoQueue", "false"}}}),
                 "InvalidAttributeValue") ==
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.");
  const std::string standard = w.create("jobs");
  for (const char* value : {"true", "false"})
    CHECK(error_of(w.ask(set_queue_attributes_request{standard, {{"FifoQueue", value}}}),
                   "InvalidAttributeName") == "Unknown Attribute FifoQueue.");
}

TEST_CASE("the throughput of message groups needs deduplication by group") {
  engine_world w;
  const std::string url = w.create_fifo("jobs.fifo");
  CHECK(w.ask(set_queue_attributes_request{url, {{"FifoThroughputLimit", "perMessageGroupId"}}}).has_error());
  w.set(url, {{"FifoThroughputLimit", "perMessageGroupId"}, {"DeduplicationScope", "messageGroup"}});
  CHECK(w.attribute(url, "FifoThroughputLimit") == "perMessageGroupId");
  CHECK(w.ask(set_queue_attributes_request{url, {{"DeduplicationScope", "queue"}}}).has_error());
  for (const auto& wrong :
       {text_map{{"DeduplicationScope", "all"}}, text_map{{"FifoThroughputLimit", "none"}},
        text_map{{"ContentBasedDeduplication", "yes"}}})
    CHECK(w.ask(set_queue_attributes_request{url, wrong}).has_error());
}

TEST_CASE("a queue has one kind of encryption") {
  engine_world w;
  const std::string url = w.create("jobs", {{"KmsMasterKeyId", "alias/mine"}});
  CHECK(w.attribute(url, "SqsManagedSseEnabled") == "false");
  CHECK(w.attribute(url, "KmsDataKeyReusePeriodSeconds") == "300");
  CHECK(error_of(w.ask(set_queue_attributes_request{url, {{"SqsManagedSseEnabled", "true"}}}),
                 "InvalidAttributeName") ==
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or "
        "SQS SSE.");
  w.set(url, {{"KmsMasterKeyId", ""}, {"SqsManagedSseEnabled", "true"}});
  CHECK(w.attribute(url, "SqsManagedSseEnabled") == "true");
  CHECK(w.attribute(url, "KmsMasterKeyId").empty());
}

TEST_CASE("a policy is kept as it is, and an empty one removes it") {
  engine_world w;
  const std::string url = w.create("jobs");
  const std::string policy = R"({"Version": "2012-10-17", "Statement": []})";
  w.set(url, {{"Policy", policy}});
  CHECK(w.attribute(url, "Policy") == policy);
  CHECK(w.ask(set_queue_attributes_request{url, {{"Policy", "not JSON"}}}).has_error());
  w.set(url, {{"Policy", ""}});
  CHECK(w.attribute(url, "Policy").empty());
}

TEST_CASE("a policy that is nested without measure is refused, not followed down the stack") {
  engine_world w;
  const std::string url = w.create("jobs");
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const std::string policy = R"({"Statement":)" + deep + "}";
  CHECK(error_of(w.ask(set_queue_attributes_request{url, {{"Policy", policy}}}), "InvalidAttributeValue") ==
        "Invalid value for the parameter Policy.");
  const std::string redrive = R"({"deadLetterTargetArn":"x","maxReceiveCount":)" + deep + "}";
  const std::string allow = R"({"redrivePermission":)" + deep + "}";
  CHECK(error_of(w.ask(set_queue_attributes_request{url, {{"RedrivePolicy", redrive}}}),
                 "InvalidAttributeValue")
            .ends_with("Redrive policy is not a valid JSON map."));
  CHECK(error_of(w.ask(set_queue_attributes_request{url, {{"RedriveAllowPolicy", allow}}}),
                 "InvalidAttributeValue")
            .ends_with("as it’s in an unsupported format."));
}

TEST_CASE("permissions become statements of the queue's policy") {
  engine_world w;
  const std::string url = w.create("jobs");
  w.ask(add_permission_request{url, "first", {"111111111111"}, {"ReceiveMessage"}}).value();
  CHECK(
      w.attribute(url, "Policy") ==
      R"({"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:000000000000:jobs/SQSDefaultPolicy",)"
      R"("Statement":[{"Sid":"first","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},)"
      R"("Action":"SQS:ReceiveMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:jobs"}]})");
  CHECK(error_of(w.ask(add_permission_request{url, "first", {"222222222222"}, {"*"}}),
                 "InvalidParameterValueException") ==
        "Value first for parameter Label is invalid. Reason: Already exists.");
  w.ask(add_permission_request{url, "second", {"111111111111", "222222222222"}, {"SendMessage", "*"}})
      .value();
  w.ask(remove_permission_request{url, "first"}).value();
  const std::string policy = w.attribute(url, "Policy");
  CHECK(policy.find("first") == std::string::npos);
  CHECK(policy.find(R"("AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::222222222222:root"])") !=
        std::string::npos);
  CHECK(policy.find(R"("Action":["SQS:SendMessage","SQS:*"])") != std::string::npos);
  CHECK(error_of(w.ask(remove_permission_request{url, "first"}), "InvalidParameterValueException") ==
        "Value first for parameter Label is invalid. Reason: can't find label.");
  w.ask(remove_permission_request{url, "second"}).value();
  CHECK(w.attribute(url, "Policy").empty());
}

TEST_CASE("permissions are checked as SQS checks them") {
  engine_world w;
  const std::string url = w.create("jobs");
  const auto refusal = [&](texts accounts, texts actions, const std::string& label = "l") {
    const auto a = w.ask(add_permission_request{url, label, std::move(accounts), std::move(actions)});
    REQUIRE(a.has_error());
    return std::string(a.error().code);
  };
  CHECK(refusal({"111111111111"}, {}) == "MissingRequiredParameterException");
  CHECK(refusal({}, {"*"}) == "InvalidParameterValueException");
  CHECK(refusal({"somebody"}, {"*"}) == "InvalidParameterValueException");
  CHECK(refusal({"111111111111"}, {"CreateQueue"}) == "InvalidParameterValueException");
  CHECK(refusal({"111111111111"}, {"Nonsense"}) == "InvalidParameterValueException");
  CHECK(refusal({"111111111111"}, texts(8, "SendMessage")) == "OverLimit");
  CHECK(refusal({"111111111111"}, {"*"}, "no good") == "InvalidParameterValueException");
  CHECK(refusal({"111111111111"}, {"*"}, "") == "MissingRequiredParameterException");
}

}  // namespace lastcall::broker
