#include "sqs/client.hpp"

#include "aws/fake_service.hpp"
#include "sqs/errors.hpp"
#include "sqs/remote_queue.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace lastcall;
using namespace lastcall::sqs;
using namespace std::chrono_literals;

namespace {

constexpr const char* url = "http://localhost:4566/000000000000/jobs.fifo";

struct fixture : testing::fake_service {
  sqs::client client{aws};
  remote_queue queue{client, url};
  steady_time later{clock.now() + 60s};

  std::string target(std::size_t request) const { return header(request, "X-Amz-Target"); }
  nlohmann::json body(std::size_t request) const {
    return nlohmann::json::parse(transport.seen().at(request).request.body);
  }
};

constexpr const char* gone = R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"It is gone."})";

}  // namespace

TEST_CASE("a receive has its wait and five seconds more, and is never repeated inside") {
  fixture f;
  receive_request request;
  request.wait = 7s;
  const auto answer = f.clock.run(f.queue.receive(request));
  CHECK(answer.error().kind == error_kind::timeout);
  CHECK(f.clock.elapsed() == 12s);
  f.transport.reply(500, "");
  CHECK(f.clock.run(f.queue.receive(request)).has_error());
  CHECK(f.transport.seen().size() == 2);
  CHECK(f.target(0) == "AmazonSQS.ReceiveMessage");
  CHECK(f.body(0).at("QueueUrl") == url);
}

TEST_CASE("the queue of the worker receives, deletes, changes the visibility and counts") {
  fixture f;
  CHECK(f.queue.name() == "jobs.fifo");
  CHECK(f.queue.is_fifo());
  f.transport.reply(200, R"({"Messages":[{"MessageId":"i","ReceiptHandle":"h","Body":"b"}]})");
  CHECK(f.clock.run(f.queue.receive({})).value().messages.at(0).receipt_handle == "h");
  f.transport.reply(200, R"({"Successful":[{"Id":"0"}]})");
  CHECK(f.clock.run(f.queue.delete_batch({"h"}, f.later)).value().empty());
  f.transport.reply(200, R"({"Successful":[{"Id":"0"}]})");
  CHECK(f.clock.run(f.queue.change_visibility_batch({{"h", 0s}}, f.later)).value().empty());
  f.transport.reply(200, R"({"Attributes":{"ApproximateNumberOfMessagesNotVisible":"5"}})");
  CHECK(f.clock.run(f.queue.counts(f.later)).value().in_flight == 5);
  CHECK(f.target(1) == "AmazonSQS.DeleteMessageBatch");
  CHECK(f.target(2) == "AmazonSQS.ChangeMessageVisibilityBatch");
  CHECK(f.target(3) == "AmazonSQS.GetQueueAttributes");
  CHECK(f.body(3).at("AttributeNames").size() == 3);
}

TEST_CASE("a batch of nothing, or of more than ten, is not sent") {
  fixture f;
  for (const std::size_t size : {std::size_t{0}, std::size_t{11}}) {
    const std::vector<std::string> handles(size, "h");
    const std::vector<visibility_change> changes(size, {"h", 0s});
    CHECK(f.clock.run(f.client.delete_batch(url, handles, f.later)).error().kind == error_kind::invalid);
    CHECK(f.clock.run(f.client.change_visibility_batch(url, changes, f.later)).error().kind ==
          error_kind::invalid);
    CHECK(f.clock.run(f.client.send_batch(url, std::vector<outgoing>(size), f.later)).error().kind ==
          error_kind::invalid);
  }
  CHECK(f.transport.seen().empty());
}

TEST_CASE("a queue that is not there is told with AWS's words and what to check") {
  fixture f;
  f.transport.reply(400, gone);
  const error e = f.clock.run(f.client.queue_url("jobs", f.later)).error();
  CHECK(errc_of(e) == errc::queue_does_not_exist);
  CHECK(e.message.find("It is gone.; check the queue's name, the region") != std::string::npos);
  f.transport.reply(400, R"({"__type":"AWS.SimpleQueueService.NonExistentQueue"})");
  CHECK(f.clock.run(f.client.purge(url, f.later)).error().code == "QueueDoesNotExist");
}

TEST_CASE("all pages of a list are fetched") {
  fixture f;
  f.transport.reply(200, R"({"QueueUrls":["a","b"],"NextToken":"2"})");
  f.transport.reply(200, R"({"QueueUrls":["c"]})");
  CHECK(f.clock.run(f.client.list_queues("", f.later)).value() == std::vector<std::string>{"a", "b", "c"});
  CHECK_FALSE(f.body(0).contains("NextToken"));
  CHECK(f.body(1).at("NextToken") == "2");
}

TEST_CASE("an endpoint that answers the same page for ever does not keep us") {
  fixture f;
  for (int i = 0; i < 3; ++i)
    f.transport.reply(200, R"({"QueueUrls":["a"],"NextToken":"again"})");
  CHECK(f.clock.run(f.client.list_queues("", f.later)).has_value());
  CHECK(f.transport.seen().size() == 2);
}

TEST_CASE("each operation is asked for under its name, and its answer read") {
  fixture f;
  const auto next = [&](const char* answer) { f.transport.reply(200, answer); };
  next(R"({"QueueUrl":"u"})");
  CHECK(f.clock.run(f.client.create_queue("q", {{"DelaySeconds", "1"}}, f.later)).value() == "u");
  next(R"({"QueueUrl":"u"})");
  CHECK(f.clock.run(f.client.queue_url("q", f.later)).value() == "u");
  next(R"({"Attributes":{"a":"b"}})");
  CHECK(f.clock.run(f.client.queue_attributes("u", {"All"}, f.later)).value() == attribute_map{{"a", "b"}});
  next("");
  CHECK(f.clock.run(f.client.set_queue_attributes("u", {{"a", "b"}}, f.later)).has_value());
  next("{}");
  CHECK(f.clock.run(f.client.purge("u", f.later)).has_value());
  next("");
  CHECK(f.clock.run(f.client.delete_queue("u", f.later)).has_value());
  next(R"({"MessageId":"m"})");
  CHECK(f.clock.run(f.client.send("u", outgoing{}, f.later)).value() == "m");
  next(R"({"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","Code":"x"}]})");
  CHECK(f.clock.run(f.client.send_batch("u", std::vector<outgoing>(2), f.later)).value().size() == 1);
  next("");
  CHECK(f.clock.run(f.client.delete_message("u", "h", f.later)).has_value());
  next("{}");
  CHECK(f.clock.run(f.client.change_visibility("u", {"h", 0s}, f.later)).has_value());
  next(R"({"TaskHandle":"t"})");
  CHECK(f.clock.run(f.client.start_message_move_task("s", "d", f.later)).value() == "t");
  const std::vector<std::string> asked{"CreateQueue",         "GetQueueUrl",
                                       "GetQueueAttributes",  "SetQueueAttributes",
                                       "PurgeQueue",          "DeleteQueue",
                                       "SendMessage",         "SendMessageBatch",
                                       "DeleteMessage",       "ChangeMessageVisibility",
                                       "StartMessageMoveTask"};
  REQUIRE(f.transport.seen().size() == asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i)
    CHECK(f.target(i) == "AmazonSQS." + asked[i]);
}

TEST_CASE("a call that fails passes its error on, whichever it is") {
  fixture f;
  const auto failing = [&](auto call) {
    f.transport.reply(400, gone);
    return f.clock.run(std::move(call)).error().code == "QueueDoesNotExist";
  };
  CHECK(failing(f.client.create_queue("q", {}, f.later)));
  CHECK(failing(f.client.list_queues("", f.later)));
  CHECK(failing(f.client.queue_attributes("u", {}, f.later)));
  CHECK(failing(f.client.send("u", outgoing{}, f.later)));
  CHECK(failing(f.client.send_batch("u", std::vector<outgoing>(1), f.later)));
  CHECK(failing(f.client.delete_batch("u", {"h"}, f.later)));
  CHECK(failing(f.client.change_visibility_batch("u", {{"h", 0s}}, f.later)));
  CHECK(failing(f.client.start_message_move_task("s", "", f.later)));
  CHECK(failing(f.queue.counts(f.later)));
}
