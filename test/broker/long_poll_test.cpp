#include "broker/engine_world.hpp"
#include "broker/long_polls.hpp"

namespace lastcall::broker {

using namespace std::chrono_literals;

namespace {

struct polled_world : engine_world {
  explicit polled_world(long_poll_options options = {}) : polls(engine, options) {
    url = create("jobs", {{"VisibilityTimeout", "30"}});
  }
  long_polls::ticket poll(std::int64_t wait_s = 20, std::int64_t max = 10) {
    receive_message_request r = receive_all(url);
    r.wait_s = wait_s;
    r.max_messages = max;
    return polls.receive(caller(), r, [this] { ++answered; });
  }
  void settle() { polls.settle(now); }
  /// A queue whose dead letters go to the polled one, and in it a message that goes there next.
  std::string create_with_poison(int visible_after_s) {
    const std::string source = create("source", {{"RedrivePolicy", redrive("jobs", 1)},
                                                 {"VisibilityTimeout", std::to_string(visible_after_s)}});
    send(source, "poison");
    receive(source);
    return source;
  }
  texts take(const long_polls::ticket& t) {
    REQUIRE(t->is_answered());
    texts bodies;
    const answer<receive_message_result> result = t->take();
    for (const received_message& m : result.value().messages)
      bodies.push_back(m.body);
    return bodies;
  }
  long_polls polls;
  std::string url;
  int answered{0};
};

}  // namespace

TEST_CASE("a poll is answered at once when something is there") {
  polled_world w;
  w.send(w.url, "1");
  const auto poll = w.poll();
  CHECK(w.take(poll) == texts{"1"});
  CHECK(w.answered == 0);
  CHECK(w.polls.waiting() == 0);
}

TEST_CASE("queues that are one another's dead-letter queue keep nobody waiting but who polls them") {
  polled_world w;
  const std::string other = w.create("other", {{"RedrivePolicy", redrive("jobs", 1)}});
  const std::string itself = w.create("itself");
  w.set(w.url, {{"RedrivePolicy", redrive("other", 1)}});
  w.set(itself, {{"RedrivePolicy", redrive("itself", 1)}});  // SQS takes it
  const auto poll = [&](const std::string& url) {
    receive_message_request r = w.receive_all(url);
    r.visibility_timeout_s = 0;
    r.wait_s = 20;
    return w.polls.receive(w.caller(), r, [] {});
  };
  w.send(w.url, "poison");
  w.send(itself, "poison");
  CHECK(w.take(poll(w.url)) == texts{"poison"});
  CHECK(w.take(poll(itself)) == texts{"poison"});
  const std::vector<long_polls::ticket> waiting{poll(w.url), poll(other), poll(itself)};
  w.settle();
  for (const long_polls::ticket& t : waiting)
    CHECK_FALSE(t->is_answered());
  w.send(itself, "fine");
  w.settle();
  CHECK(w.take(waiting[2]) == texts{"fine"});
  w.pass(20s);
  w.settle();
  CHECK(w.take(waiting[0]).empty());
  CHECK(w.take(waiting[1]).empty());
}

TEST_CASE("a poll without a wait is answered at once with nothing") {
  polled_world w;
  CHECK(w.take(w.poll(0)).empty());
}

TEST_CASE("a poll waits as long as its request says, or else its queue") {
  polled_world w;
  const auto poll = w.poll(3);
  w.set(w.url, {{"ReceiveMessageWaitTimeSeconds", "7"}});
  receive_message_request plain;
  plain.queue_url = w.url;
  const auto by_queue = w.polls.receive(w.caller(), plain, [] {});
  CHECK(w.polls.next_event() == w.now.steady + 3s);
  w.pass(3s);
  w.settle();
  CHECK(w.take(poll).empty());
  CHECK_FALSE(by_queue->is_answered());
  CHECK(w.polls.next_event() == w.now.steady + 4s);
  w.pass(4s);
  w.settle();
  CHECK(by_queue->is_answered());
  CHECK(w.polls.next_event() == steady_time::max());
}

TEST_CASE("a send wakes the oldest poll, at once") {
  polled_world w;
  const auto first = w.poll();
  const auto second = w.poll();
  w.send(w.url, "1");
  w.settle();
  CHECK(w.answered == 1);
  CHECK(w.take(first) == texts{"1"});
  CHECK_FALSE(second->is_answered());
  w.send(w.url, "2");
  w.send(w.url, "3");
  w.settle();
  CHECK(w.take(second) == texts{"2", "3"});
}

TEST_CASE("messages are handed to the polls in the order in which those came") {
  polled_world w;
  const auto a = w.poll(20, 1);
  const auto b = w.poll(20, 2);
  const auto c = w.poll(20, 1);
  for (const char* body : {"1", "2", "3", "4", "5"})
    w.send(w.url, body);
  w.settle();
  CHECK(w.take(a) == texts{"1"});
  CHECK(w.take(b) == texts{"2", "3"});
  CHECK(w.take(c) == texts{"4"});
  CHECK(w.counts(w.url) == "1/4/0");
}

TEST_CASE("a poll wakes at the end of a delay") {
  polled_world w;
  const auto poll = w.poll();
  outgoing_message m = engine_world::text("late");
  m.delay_s = 5;
  w.send(w.url, m);
  w.settle();
  CHECK_FALSE(poll->is_answered());
  CHECK(w.polls.next_event() == w.now.steady + 5s);
  w.pass(5s);
  w.settle();
  CHECK(w.take(poll) == texts{"late"});
}

TEST_CASE("a poll wakes at the end of a lease, also of one that was there before it") {
  polled_world w;
  w.set(w.url, {{"VisibilityTimeout", "4"}});
  w.send(w.url, "1");
  w.receive(w.url);
  w.pass(1s);
  const auto poll = w.poll();
  CHECK(w.polls.next_event() == w.now.steady + 3s);
  w.pass(3s);
  w.settle();
  CHECK(w.take(poll) == texts{"1"});
}

TEST_CASE("a poll wakes when a message is released") {
  polled_world w;
  w.send(w.url, "1");
  const std::string handle = w.receive(w.url).at(0).receipt_handle;
  const auto poll = w.poll();
  w.hide(w.url, handle, 0).value();
  w.settle();
  CHECK(w.take(poll) == texts{"1"});
}

TEST_CASE("a poll follows a lease that is changed while it waits") {
  polled_world w;
  w.send(w.url, "1");
  const std::string handle = w.receive(w.url).at(0).receipt_handle;
  w.poll();
  w.hide(w.url, handle, 2).value();
  w.settle();
  CHECK(w.polls.next_event() == w.now.steady + 2s);
  w.hide(w.url, handle, 100).value();
  w.settle();
  CHECK(w.polls.next_event() == w.now.steady + 20s);
}

TEST_CASE("a poll wakes when a group is unlocked") {
  polled_world w;
  w.url = w.create_fifo("jobs.fifo", {{"ContentBasedDeduplication", "true"}});
  w.send_to_group(w.url, "g", "1");
  w.send_to_group(w.url, "g", "2");
  const auto first = w.receive(w.url, 1);
  const auto poll = w.poll();
  w.remove(w.url, first.at(0).receipt_handle).value();
  w.settle();
  CHECK(w.take(poll) == texts{"2"});
}

TEST_CASE("a poll wakes when the message that blocks a group has come to the end of its life") {
  polled_world w;
  w.url = w.create_fifo("jobs.fifo", {{"ContentBasedDeduplication", "true"},
                                      {"MessageRetentionPeriod", "60"},
                                      {"VisibilityTimeout", "600"}});
  w.send_to_group(w.url, "g", "1");
  w.receive(w.url);
  w.pass(50s);
  w.send_to_group(w.url, "g", "2");
  const auto poll = w.poll();
  CHECK(w.polls.next_event() == w.now.steady + 10s);
  w.pass(10s);
  w.settle();
  CHECK(w.take(poll) == texts{"2"});
}

TEST_CASE("a poll on a dead-letter queue wakes when a message is moved there") {
  polled_world w;
  const std::string source = w.create_with_poison(0);
  const auto poll = w.poll();
  w.receive(source);
  w.settle();
  CHECK(w.take(poll) == texts{"poison"});
}

TEST_CASE("a poll that moves a dead letter wakes the poll that waits for it") {
  polled_world w;
  const std::string source = w.create_with_poison(5);
  const auto for_dead = w.poll();
  receive_message_request r = engine_world::receive_all(source);
  r.wait_s = 20;
  const auto for_source = w.polls.receive(w.caller(), r, [] {});
  w.pass(5s);
  w.settle();
  CHECK_FALSE(for_source->is_answered());
  CHECK(w.take(for_dead) == texts{"poison"});
}

TEST_CASE("a poll wakes when a move task brings something") {
  polled_world w;
  const std::string dead = w.create("dead");
  w.create("source", {{"RedrivePolicy", redrive("dead", 1)}});
  w.send(dead, "letter");
  const auto poll = w.poll();
  w.ask(start_message_move_task_request{arn("dead"), arn("jobs"), 1}).value();
  w.settle();
  CHECK(w.polls.next_event() == w.now.steady + 1s);
  w.pass(1s);
  w.settle();
  CHECK(w.take(poll) == texts{"letter"});
}

TEST_CASE("polls of a queue that is deleted are told so") {
  polled_world w;
  const auto poll = w.poll();
  w.ask(delete_queue_request{w.url}).value();
  w.settle();
  REQUIRE(poll->is_answered());
  CHECK_FALSE(error_of(poll->take(), "QueueDoesNotExist").empty());
  const auto other = w.poll();
  w.engine.reset();
  w.settle();
  CHECK(other->is_answered());
}

TEST_CASE("a poll whose client has gone leaves no lease behind") {
  polled_world w;
  const auto poll = w.poll();
  w.polls.abandon(poll, w.now);
  CHECK(w.polls.waiting() == 0);
  CHECK(w.polls.next_event() == steady_time::max());
  w.send(w.url, "1");
  w.settle();
  CHECK(w.answered == 0);
  CHECK(w.counts(w.url) == "1/0/0");
}

TEST_CASE("an answer that nobody took is given back, and goes to the next poll") {
  polled_world w;
  const auto gone = w.poll();
  const auto next = w.poll();
  w.send(w.url, "1");
  w.settle();
  REQUIRE(gone->is_answered());
  w.polls.abandon(gone, w.now);
  w.settle();
  REQUIRE(next->is_answered());
  const received_message got = next->take().value().messages.at(0);
  CHECK(system_attribute(got, "ApproximateReceiveCount") == "1");
}

TEST_CASE("with SQS's fidelity a poll whose client has gone goes on leasing messages") {
  polled_world w({.abandoned_polls_lease = true});
  const auto poll = w.poll();
  w.polls.abandon(poll, w.now);
  w.send(w.url, "1");
  w.settle();
  CHECK(w.answered == 0);
  CHECK(w.counts(w.url) == "0/1/0");  // stranded until its visibility timeout
  const auto answered = w.poll();
  w.send(w.url, "2");
  w.settle();
  w.polls.abandon(answered, w.now);
  CHECK(w.counts(w.url) == "0/2/0");
}

TEST_CASE("polls that give up at the same time do so in the order in which they came") {
  polled_world w;
  texts order;
  std::vector<long_polls::ticket> tickets;
  for (const char* name : {"a", "b", "c"}) {
    receive_message_request r = engine_world::receive_all(w.url);
    r.wait_s = 5;
    tickets.push_back(w.polls.receive(w.caller(), r, [&order, name] { order.emplace_back(name); }));
  }
  w.pass(5s);
  w.settle();
  CHECK(order == texts{"a", "b", "c"});
}

}  // namespace lastcall::broker
