#include "app/batch_sender.hpp"

#include "aws/fake_transport.hpp"
#include "base/hash.hpp"
#include "support/manual_clock.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace lastcall::app {
namespace {

namespace asio = boost::asio;
using nlohmann::json;
using namespace std::chrono_literals;

class one_identity final : public aws::credentials_provider {
 public:
  asio::awaitable<result<aws::credentials_ptr>> get(steady_time) override { co_return who_; }

 private:
  aws::credentials_ptr who_{
      std::make_shared<const aws::credentials>(aws::credentials{"AKID", "secret", "", {}})};
};

struct fixture {
  asio::io_context context;
  testing::manual_clock clock{context};
  testing::fake_transport transport{clock};
  seeded_random chance{1};
  one_identity identity;
  aws::client aws{transport,
                  clock,
                  chance,
                  identity,
                  {.service = "sqs",
                   .region = "us-east-1",
                   .endpoint = aws::parse_location("http://localhost:4566").value(),
                   .target_prefix = "AmazonSQS"}};
  sqs::client client{aws};
  batch_sender sender{context.get_executor(), clock, chance, client, "http://localhost:4566/1/jobs", 2};

  std::vector<std::string> bodies(std::size_t request) const {
    std::vector<std::string> all;
    const json asked = json::parse(transport.seen().at(request).request.body);
    for (const json& entry : asked["Entries"])
      all.push_back(entry["MessageBody"]);
    return all;
  }
  void send(const std::vector<std::string>& all) { clock.run(send_all(all)); }

 private:
  asio::awaitable<void> send_all(const std::vector<std::string>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      sqs::outgoing message;
      message.body = all[i];
      co_await sender.add(std::move(message), i + 1);
    }
    co_await sender.finish();
  }
};

json accepted(const std::string& id, const std::string& body) {
  return {{"Id", id}, {"MessageId", "m"}, {"MD5OfMessageBody", md5_hex(body)}};
}
json refused(const std::string& id, bool sender_fault) {
  return {{"Id", id}, {"Code", "InternalError"}, {"SenderFault", sender_fault}, {"Message", "no"}};
}
std::string answer(const json& successful, const json& failed) {
  return json{{"Successful", successful}, {"Failed", failed}}.dump();
}

TEST_CASE("an entry that failed by no fault of ours is sent again, alone") {
  fixture f;
  f.transport.reply(200, answer(json::array({accepted("0", "a")}), json::array({refused("1", false)})));
  f.transport.reply(200, answer(json::array({accepted("0", "b")}), json::array()));
  f.send({"a", "b"});
  REQUIRE(f.transport.seen().size() == 2);
  CHECK(f.bodies(1) == std::vector<std::string>{"b"});
  CHECK(f.sender.sent() == 2);
  CHECK(f.sender.failures().empty());
  CHECK(f.transport.seen()[1].sent_at > f.transport.seen()[0].sent_at);
}

TEST_CASE("an entry that fails each time is given up after three times, and named") {
  fixture f;
  for (int i = 0; i < 3; ++i)
    f.transport.reply(200, answer(json::array(), json::array({refused("0", false)})));
  f.send({"a"});
  CHECK(f.transport.seen().size() == 3);
  CHECK(f.sender.sent() == 0);
  REQUIRE(f.sender.failures().size() == 1);
  CHECK(f.sender.failures()[0].tag == 1);
  CHECK_FALSE(f.sender.failures()[0].sender_fault);
}

TEST_CASE("an entry that the service will never take is not sent again") {
  fixture f;
  f.transport.reply(200, answer(json::array({accepted("1", "b")}), json::array({refused("0", true)})));
  f.send({"a", "b"});
  CHECK(f.transport.seen().size() == 1);
  CHECK(f.sender.sent() == 1);
  REQUIRE(f.sender.failures().size() == 1);
  CHECK(f.sender.failures()[0].sender_fault);
  CHECK_FALSE(f.sender.is_broken());
}

TEST_CASE("when a whole batch fails, all of it is in doubt and the sender is broken") {
  fixture f;
  f.transport.reply(
      400,
      R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."})");
  f.send({"a", "b"});
  CHECK(f.sender.is_broken());
  CHECK(f.sender.sent() == 0);
  REQUIRE(f.sender.failures().size() == 2);
  CHECK(f.sender.failures()[1].tag == 2);
  CHECK(f.sender.failures()[1].why.code == "QueueDoesNotExist");
}

TEST_CASE("a batch holds ten messages, and no more than 1 MiB") {
  fixture f;
  f.send(std::vector<std::string>(11, "x"));
  CHECK(f.bodies(0).size() == 10);
  CHECK(f.bodies(1).size() == 1);
  fixture g;
  g.send({std::string(600'000, 'a'), std::string(448'576, 'b'), "c"});
  REQUIRE(g.transport.seen().size() >= 2);
  CHECK(g.bodies(0).size() == 2);
}

TEST_CASE("no more batches are under way at once than were asked for") {
  fixture f;
  std::vector<std::string> many(50, "x");
  json all = json::array();
  for (int i = 0; i < 10; ++i)
    all.push_back(accepted(std::to_string(i), "x"));
  for (int i = 0; i < 5; ++i)
    f.transport.reply(200, answer(all, json::array()), 1s);
  f.send(many);
  CHECK(f.sender.sent() == 50);
  REQUIRE(f.transport.seen().size() == 5);
  CHECK(f.transport.seen()[1].sent_at == f.transport.seen()[0].sent_at);
  CHECK(f.transport.seen()[2].sent_at >= f.transport.seen()[0].sent_at + 1s);
  CHECK(f.transport.seen()[4].sent_at >= f.transport.seen()[0].sent_at + 2s);
}

}  // namespace
}  // namespace lastcall::app
