#include "broker/server_world.hpp"

namespace lastcall::broker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// Keeps what changes when the test says so, and fails when it says so.
class slow_store final : public store {
 public:
  slow_store(clock& c, const boost::asio::any_io_executor& e) : changed_(c, e) {}

  boost::asio::awaitable<result<void>> keep(change_set changes) override {
    ++writes;
    messages += changes.added.size();
    while (is_slow)
      co_await changed_.wait();
    if (is_full || std::exchange(fails_once, false)) co_return error{error_kind::io, "", "the disk is full"};
    sent.push_back(std::move(changes));
    co_return result<void>();
  }
  /// Enough for these tests: queues, and messages as they came.
  result<void> load(const std::function<void(saved_record)>& each) override {
    ++loads;
    if (is_unreadable) return error{error_kind::io, "", "nothing can be read"};
    for (const change_set& changes : sent)
      for (const saved_queue& q : changes.queues)
        each(q);
    for (const change_set& changes : sent)
      for (const saved_message& m : changes.added)
        each(m);
    return {};
  }
  void fail_once() {
    fails_once = true;
    go_on();
  }
  void go_on() {
    is_slow = false;
    changed_.notify();
  }

  bool is_slow{false};
  bool is_full{false};
  bool fails_once{false};
  bool is_unreadable{false};
  int writes{0};
  int loads{0};
  std::size_t messages{0};
  std::vector<change_set> sent;

 private:
  wakeup changed_;
};

http::request sending(const std::string& url, const std::string& body) {
  return server_world::json_request("SendMessage", {{"QueueUrl", url}, {"MessageBody", body}});
}

/// A server in front of a slow store.
struct world_with_store {
  world_with_store()
      : w({}, [this](server_world& made) { return &data.emplace(made.clock, made.context.get_executor()); }) {
    w.served.load().value();
    url = w.create("jobs");
  }

  std::optional<slow_store> data;
  server_world w;
  std::string url;
};

}  // namespace

TEST_CASE("an answer waits until its change is kept") {
  world_with_store s;
  s.data->is_slow = true;
  const auto sent = s.w.begin(sending(s.url, "x"));
  CHECK_FALSE(sent->answer);
  s.data->go_on();
  s.w.clock.run_ready();
  REQUIRE(sent->answer);
  CHECK(sent->answer->status == 200);
}

TEST_CASE("what is seen of a change waits for it as well, and what changes nothing does not wait otherwise") {
  world_with_store s;
  const int writes = s.data->writes;
  CHECK(s.w.count(s.url, "ApproximateNumberOfMessages") == "0");
  CHECK(s.data->writes == writes);
  s.data->is_slow = true;
  const auto sent = s.w.begin(sending(s.url, "x"));
  const auto seen = s.w.begin(server_world::json_request(
      "GetQueueAttributes", {{"QueueUrl", s.url}, {"AttributeNames", {"ApproximateNumberOfMessages"}}}));
  CHECK_FALSE(seen->answer);
  s.data->go_on();
  s.w.clock.run_ready();
  REQUIRE(seen->answer);
  CHECK(json::parse(seen->answer->body)["Attributes"]["ApproximateNumberOfMessages"] == "1");
}

TEST_CASE("what comes while a write is under way goes into the next one together") {
  world_with_store s;
  s.data->is_slow = true;
  std::vector<std::shared_ptr<server_world::pending>> sent;
  sent.push_back(s.w.begin(sending(s.url, "first")));
  const int writes = s.data->writes;
  for (int i = 0; i < 20; ++i)
    sent.push_back(s.w.begin(sending(s.url, "later")));
  CHECK(s.data->writes == writes);
  s.data->go_on();
  s.w.clock.run_ready();
  for (const auto& each : sent)
    CHECK(each->answer.has_value());
  CHECK(s.data->writes == writes + 1);
  CHECK(s.data->messages == 21);
}

TEST_CASE("what can't be kept is an error, and has not happened") {
  world_with_store s;
  s.w.call("SendMessage", {{"QueueUrl", s.url}, {"MessageBody", "kept"}});
  s.data->is_slow = true;
  const auto failed = s.w.begin(sending(s.url, "lost"));
  const auto on_top = s.w.begin(server_world::json_request("CreateQueue", {{"QueueName", "lost"}}));
  const auto seen = s.w.begin(server_world::json_request("ListQueues", json::object()));
  s.data->is_full = true;
  s.data->go_on();
  s.w.clock.run_ready();
  for (const auto& each : {failed, on_top, seen}) {
    REQUIRE(each->answer);
    CHECK(each->answer->status == 503);
    CHECK(each->answer->headers.get("x-amzn-query-error") == "ServiceUnavailable;Receiver");
    CHECK(each->answer->body.find("the disk is full") != std::string::npos);
  }
  s.data->is_full = false;
  CHECK(s.w.json("ListQueues", json::object()).status == 503);  // for a second
  s.w.clock.advance(1s);
  CHECK(s.w.call("ListQueues", json::object())["QueueUrls"].size() == 1);
  CHECK(s.w.count(s.url, "ApproximateNumberOfMessages") == "1");
  CHECK(s.w.call("SendMessage", {{"QueueUrl", s.url}, {"MessageBody", "x"}}).contains("MessageId"));
}

TEST_CASE("a receive that can't be kept leaves no lease") {
  world_with_store s;
  s.w.call("SendMessage", {{"QueueUrl", s.url}, {"MessageBody", "x"}});
  s.data->is_full = true;
  CHECK(s.w.json("ReceiveMessage", {{"QueueUrl", s.url}}).status == 503);
  s.data->is_full = false;
  s.w.clock.advance(1s);
  const json got =
      s.w.call("ReceiveMessage", {{"QueueUrl", s.url}, {"AttributeNames", {"All"}}})["Messages"][0];
  CHECK(got["Attributes"]["ApproximateReceiveCount"] == "1");
}

TEST_CASE("a receive that is undone takes nothing from the poll that gets its message instead") {
  world_with_store s;
  s.w.call("SendMessage", {{"QueueUrl", s.url}, {"MessageBody", "x"}});
  s.data->is_slow = true;
  const auto undone = s.w.begin(server_world::json_request("ReceiveMessage", {{"QueueUrl", s.url}}));
  const auto waits =
      s.w.begin(server_world::json_request("ReceiveMessage", {{"QueueUrl", s.url}, {"WaitTimeSeconds", 20}}));
  s.data->fail_once();
  s.w.clock.run_ready();
  REQUIRE(undone->answer);
  CHECK(undone->answer->status == 503);
  REQUIRE(waits->answer);
  CHECK(json::parse(waits->answer->body)["Messages"].size() == 1);
  s.w.clock.advance(1s);
  CHECK(s.w.count(s.url, "ApproximateNumberOfMessagesNotVisible") == "1");
}

TEST_CASE("polls that wait survive that the engine is set back") {
  world_with_store s;
  const auto poll =
      s.w.begin(server_world::json_request("ReceiveMessage", {{"QueueUrl", s.url}, {"WaitTimeSeconds", 20}}));
  s.data->is_full = true;
  CHECK(s.w.json("CreateQueue", {{"QueueName", "other"}}).status == 503);
  CHECK_FALSE(poll->answer);
  s.data->is_full = false;
  s.w.clock.advance(1s);
  s.w.call("SendMessage", {{"QueueUrl", s.url}, {"MessageBody", "x"}});
  s.w.clock.run_ready();
  REQUIRE(poll->answer);
  CHECK(poll->answer->status == 200);
}

TEST_CASE("where nothing can be read any more nothing is accepted until it can") {
  world_with_store s;
  s.data->is_full = s.data->is_unreadable = true;
  CHECK(s.w.json("SendMessage", {{"QueueUrl", s.url}, {"MessageBody", "x"}}).status == 503);
  s.data->is_full = false;
  s.w.clock.advance(1s);
  const int writes = s.data->writes;
  CHECK(s.w.json("CreateQueue", {{"QueueName", "other"}}).status == 503);
  CHECK(s.data->writes == writes);
  http::request reset;
  reset.method = "POST";
  reset.target = "/_lastcall/reset";
  CHECK(s.w.ask(reset).status == 503);
  s.data->is_unreadable = false;
  s.w.clock.advance(1s);
  CHECK(s.w.count(s.url, "ApproximateNumberOfMessages") == "0");
}

TEST_CASE("a reset waits until it is kept too") {
  world_with_store s;
  http::request reset;
  reset.method = "POST";
  reset.target = "/_lastcall/reset";
  s.data->is_full = true;
  CHECK(s.w.ask(reset).status == 503);
  s.data->is_full = false;
  s.w.clock.advance(1s);
  CHECK(s.w.call("ListQueues", json::object())["QueueUrls"].size() == 1);
  CHECK(s.w.ask(reset).status == 200);
}

}  // namespace lastcall::broker
