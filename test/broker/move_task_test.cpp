#include "base/encoding.hpp"
#include "broker/engine_world.hpp"

namespace lastcall::broker {

using namespace std::chrono_literals;

namespace {

/// A queue, its dead-letter queue and `letters` dead letters in it.
struct dead_letters_world : engine_world {
  explicit dead_letters_world(int letters) {
    dead = create("dead");
    url = create("jobs", {{"RedrivePolicy", redrive("dead", 1)}, {"VisibilityTimeout", "0"}});
    for (int i = 0; i < letters; ++i)
      send(url, "letter " + std::to_string(i));
    for (int i = 0; i <= letters; ++i)
      receive(url);
    set(url, {{"VisibilityTimeout", "30"}});
    REQUIRE(attribute(dead, "ApproximateNumberOfMessages") == std::to_string(letters));
  }
  std::string start(std::optional<std::int64_t> per_second = {}, const std::string& destination = {}) {
    return ask(start_message_move_task_request{arn("dead"), destination, per_second}).value().task_handle;
  }
  move_task_entry newest() {
    engine.advance(now);
    return ask(list_message_move_tasks_request{arn("dead"), {}}).value().results.at(0);
  }
  std::string url;
  std::string dead;
};

}  // namespace

TEST_CASE("a move task brings dead letters back to where they came from") {
  dead_letters_world w(3);
  w.pass(60s);
  w.start();
  CHECK(w.newest().status == "COMPLETED");
  CHECK(w.counts(w.dead) == "0/0/0");
  const auto back = w.receive(w.url);
  REQUIRE(back.size() == 3);
  CHECK(back.at(0).body == "letter 0");
  // They are new messages: their own id, time and count.
  CHECK(system_attribute(back.at(0), "ApproximateReceiveCount") == "1");
  CHECK(system_attribute(back.at(0), "SentTimestamp") == "1700000060000");
  CHECK(system_attribute(back.at(0), "DeadLetterQueueSourceArn").empty());
}

TEST_CASE("a move task can have another destination") {
  dead_letters_world w(2);
  const std::string other = w.create("other");
  w.start({}, arn("other"));
  CHECK(w.newest().destination_arn == arn("other"));
  CHECK(w.counts(other) == "2/0/0");
  CHECK(w.counts(w.url) == "0/0/0");
}

TEST_CASE("a move task keeps to its rate") {
  dead_letters_world w(10);
  w.start(2);
  CHECK(w.newest().moved == 0);
  w.pass(1s);
  CHECK(w.newest().moved == 2);
  CHECK(w.newest().status == "RUNNING");
  CHECK(w.newest().to_move == 10);
  CHECK(w.newest().max_per_second == 2);
  w.pass(500ms);
  CHECK(w.newest().moved == 3);
  CHECK(w.engine.next_task_event() == w.now.steady + 500ms);
  w.pass(3500ms);
  CHECK(w.newest().moved == 10);
  w.pass(500ms);
  CHECK(w.newest().status == "COMPLETED");
  CHECK(w.engine.next_task_event() == steady_time::max());
}

TEST_CASE("a move task without a rate lets other work come between") {
  dead_letters_world w(0);
  for (int i = 0; i < 2500; ++i)
    w.send(w.dead, "direct");
  const std::string other = w.create("other");
  w.start({}, arn("other"));
  w.engine.advance(w.now);
  CHECK(w.engine.next_task_event() <= w.now.steady);
  CHECK(w.engine.queues().all().size() == 3);
  for (int i = 0; i < 3; ++i)
    w.engine.advance(w.now);
  CHECK(w.counts(other) == "2500/0/0");
}

TEST_CASE("a move task that is cancelled leaves what has not been moved") {
  dead_letters_world w(5);
  const std::string handle = w.start(1);
  w.pass(2s);
  CHECK(w.ask(cancel_message_move_task_request{handle}).value().moved == 2);
  w.pass(10s);
  CHECK(w.newest().status == "CANCELLED");
  CHECK(w.newest().task_handle.empty());
  CHECK(w.counts(w.dead) == "3/0/0");
  CHECK(w.ask(cancel_message_move_task_request{handle}).has_error());
}

TEST_CASE("a task handle is the base64 of the task and its source, and is listed while it runs") {
  dead_letters_world w(5);
  const std::string handle = w.start(1);
  CHECK(w.newest().task_handle == handle);
  const std::string inside = from_base64(handle).value();
  CHECK(inside.starts_with(R"({"taskId":")"));
  CHECK(inside.ends_with(R"(","sourceArn":")" + arn("dead") + "\"}"));
}

TEST_CASE("a source has one active move task at a time") {
  dead_letters_world w(5);
  const std::string handle = w.start(1);
  const start_message_move_task_request again{arn("dead"), "", {}};
  CHECK(error_of(w.ask(again), "InvalidParameterValueException") ==
        "There is already a task running. Only one active task is allowed for a source queue arn at a given "
        "time.");
  w.ask(cancel_message_move_task_request{handle}).value();
  CHECK(w.ask(again).has_value());
}

TEST_CASE("the source of a move task is a dead-letter queue, and its destination exists and is of its type") {
  dead_letters_world w(1);
  w.create_fifo("other.fifo");
  using start = start_message_move_task_request;
  CHECK(error_of(w.ask(start{arn("jobs"), arn("dead"), {}}), "InvalidParameterValueException") ==
        "Source queue must be configured as a Dead Letter Queue.");
  const auto nowhere = w.ask(start{arn("dead"), arn("nowhere"), {}});
  CHECK(error_of(nowhere, "ResourceNotFoundException") ==
        "The resource that you specified for the DestinationArn parameter doesn't exist.");
  CHECK(nowhere.error().status == 404);
  const auto form = [](const std::string& parameter) {
    return "You must use this format to specify the " + parameter +
           ": arn:<partition>:<service>:<region>:<account-id>:<resource-id>";
  };
  for (const std::string no_arn : {"nowhere", "arn:aws:sqs:us-east-1:nowhere", "urn:aws:sqs:us-east-1:0:x"}) {
    CHECK(error_of(w.ask(start{no_arn, "", {}}), "InvalidParameterValueException") == form("SourceArn"));
    CHECK(error_of(w.ask(start{arn("dead"), no_arn, {}}), "InvalidParameterValueException") ==
          form("DestinationArn"));
    CHECK(error_of(w.ask(list_message_move_tasks_request{no_arn, {}}), "InvalidParameterValueException") ==
          form("SourceArn"));
  }
  CHECK(error_of(w.ask(start{arn("nowhere"), "", {}}), "ResourceNotFoundException") ==
        "The resource that you specified for the SourceArn parameter doesn't exist.");
  CHECK(w.ask(start{arn("dead"), arn("other.fifo"), {}}).has_error());
  CHECK(w.ask(start{arn("dead"), arn("dead"), {}}).has_error());
  CHECK(w.ask(start{"", "", {}}).has_error());
  for (const std::int64_t wrong : {0, 501})
    CHECK(w.ask(start{arn("dead"), "", wrong}).has_error());
}

TEST_CASE("a task handle is checked in its parts") {
  dead_letters_world w(1);
  const auto refusal = [&](const std::string& inside, std::string_view code) {
    return error_of(w.ask(cancel_message_move_task_request{to_base64(inside)}), code);
  };
  CHECK(error_of(w.ask(cancel_message_move_task_request{"rubbish"}), "InvalidParameterValueException") ==
        "Value for parameter TaskHandle is invalid.");
  CHECK(refusal("[1]", "InvalidParameterValueException") == "Value for parameter TaskHandle is invalid.");
  CHECK(refusal(R"({"taskId":"x","sourceArn":")" + arn("dead") + "\"}", "ResourceNotFoundException") ==
        "Task does not exist.");
  CHECK(refusal(R"({"taskId":"x","sourceArn":")" + arn("nowhere") + "\"}", "ResourceNotFoundException") ==
        "The resource that you specified for the SourceArn parameter doesn't exist.");
}

TEST_CASE("a move task fails when its destination vanishes") {
  dead_letters_world w(5);
  w.create("other");
  w.start(1, arn("other"));
  w.pass(1s);
  CHECK(w.newest().moved == 1);
  w.ask(delete_queue_request{"other"}).value();
  w.pass(1s);
  CHECK(w.newest().status == "FAILED");
  CHECK(w.newest().failure_reason == "AWS.SimpleQueueService.NonExistentQueue");
  CHECK(w.counts(w.dead) == "4/0/0");
}

TEST_CASE("a message that was sent to the dead-letter queue directly has nowhere to go back to") {
  dead_letters_world w(0);
  w.send(w.dead, "direct");
  w.start();
  CHECK(w.newest().status == "FAILED");
  CHECK(w.newest().failure_reason == "CouldNotDetermineMessageSource");
  CHECK(w.counts(w.dead) == "1/0/0");
}

TEST_CASE("the newest move tasks are listed first, one unless more are asked for, at most ten") {
  dead_letters_world w(0);
  for (int i = 0; i < 12; ++i) {
    w.start();
    w.pass(1s);
    w.engine.advance(w.now);
  }
  using list = list_message_move_tasks_request;
  CHECK(w.ask(list{arn("dead"), {}}).value().results.size() == 1);
  const auto ten = w.ask(list{arn("dead"), 10}).value().results;
  REQUIRE(ten.size() == 10);
  CHECK(ten.at(0).started_ms == 1'700'000'011'000);
  CHECK(ten.at(9).started_ms == 1'700'000'002'000);
  CHECK(w.ask(list{arn("dead"), 11}).has_error());
  CHECK(w.ask(list{arn("nowhere"), {}}).has_error());
  CHECK(w.ask(list{arn("jobs"), {}}).value().results.empty());
}

TEST_CASE("a deleted source takes its move tasks along") {
  dead_letters_world w(5);
  w.start(1);
  w.ask(delete_queue_request{w.dead}).value();
  w.engine.advance(w.now);
  CHECK(w.engine.next_task_event() == steady_time::max());
}

}  // namespace lastcall::broker
