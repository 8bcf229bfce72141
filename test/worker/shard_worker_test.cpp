// The worker as a whole, on virtual time, in front of a queue in memory.

#include "worker/shard_worker.hpp"

#include "fake_queue.hpp"
#include "support/manual_clock.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <doctest/doctest.h>

#include <set>

using namespace lastcall;
using namespace lastcall::worker;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// Jobs that do what their body says.
class scripted_handler final : public handler {
 public:
  explicit scripted_handler(lastcall::clock& c) : clock_(c) {}

  asio::awaitable<outcome> run(job& j) override {
    const std::string id = j.message().id;
    started.push_back(id);
    at_once = std::max(at_once, ++running);
    const outcome o = co_await work(j);
    --running;
    (o.what == outcome::kind::done ? done : not_done).push_back(id);
    co_return o;
  }

  void settled(const message& m, bool deleted) noexcept override {
    settlements[m.id] = deleted;
    bodies[m.id] = m.body;
  }

  std::vector<std::string> started;
  std::vector<std::string> done;
  std::map<std::string, bool> settlements;
  std::map<std::string, std::string> bodies;  ///< when they were settled
  std::vector<std::string> not_done;
  std::map<std::string, stop_reason> told;
  std::map<std::string, steady_time> told_at;
  int running{0};
  int at_once{0};

 private:
  asio::awaitable<outcome> work(job& j) {
    const std::string body = j.message().body;
    if (body == "fail") co_return outcome::failed("as asked");
    if (body == "fail once")
      co_return j.message().receive_count > 1 ? outcome::done() : outcome::failed("once");
    if (body == "later") co_return outcome::retry("busy", 7s);
    if (body == "late and long") {
      co_await sleep_for(clock_, 2h);
      co_return outcome::retry("busy", 12h);
    }
    if (body == "throw") throw std::runtime_error("as asked");
    if (body.starts_with("drop")) j.drop_body();
    const bool ignores = body.starts_with("ignore ");
    const bool finishes = body.starts_with("finish ");
    const bool has_word = ignores || finishes || body.starts_with("drop");
    const auto length = std::chrono::seconds(std::stoi(has_word ? body.substr(body.find(' ')) : "0" + body));
    const steady_time until = clock_.now() + length;
    while (clock_.now() < until) {
      if (co_await sleep_until(clock_, until)) break;
      told.emplace(j.message().id, j.stopping());
      told_at.emplace(j.message().id, clock_.now());
      if (!ignores && !finishes) co_return outcome::stopped();
    }
    co_return outcome::done();
  }

  lastcall::clock& clock_;
};

struct world : shard_owner {
  explicit world(options o = {}, bool fifo = false)
      : settings(std::move(o)), clock(context), queue(clock, strand, fifo), jobs(clock) {}

  void start() {
    work.emplace(common, jobs, *this, status, 0);
    asio::co_spawn(strand, run(), asio::detached);
    clock.run_ready();
  }
  asio::awaitable<void> run() {
    clean = co_await work->run();
    stopped_at = clock.now();
  }
  void polls_closed() override {
    asio::post(strand, [this] { work->release_held_back(); });
  }
  void queue_is_empty() override { work->drain(); }

  void drain() {
    drained_at = clock.now();
    work->drain();
    clock.run_ready();
  }
  /// Lets time pass until the worker has stopped, and says how long that took from the drain.
  std::chrono::nanoseconds finish(std::chrono::nanoseconds at_most = 1h) {
    const steady_time limit = clock.now() + at_most;
    while (!clean && clock.now() < limit && clock.advance_to_next()) {
    }
    REQUIRE_MESSAGE(clean.has_value(), "the worker has not stopped");
    return stopped_at - drained_at;
  }
  totals sums() const { return books.sums(); }

  asio::io_context context;
  asio::any_io_executor strand{asio::make_strand(context)};
  options settings;
  testing::manual_clock clock;
  testing::fake_queue queue;
  scripted_handler jobs;
  seeded_random random{1};
  accounts books;
  shard_status status;
  shard common{strand, clock, random, queue, settings, books};
  std::optional<shard_worker> work;
  std::optional<bool> clean;
  steady_time drained_at{};
  steady_time stopped_at{};
};

/// For runs that do not end cleanly: what a coroutine still waits on can't be destroyed, in production
/// neither.
world& undying_world(options o = {}, bool fifo = false) {
  static auto& all = *new std::vector<world*>;
  return *all.emplace_back(new world(std::move(o), fifo));
}

options with(std::size_t concurrency, std::size_t pollers = 1) {
  options o;
  o.concurrency = concurrency;
  o.pollers = pollers;
  return o;
}

}  // namespace

TEST_CASE("a message is deleted after its job has succeeded, not before") {
  world w;
  w.queue.send("a", "10");
  w.start();
  w.clock.advance(9s);
  CHECK(w.queue.deleted() == 0);
  w.clock.advance(2s);
  CHECK(w.queue.deleted() == 1);
  w.drain();
  w.finish();
  CHECK(*w.clean);
  CHECK(w.sums().jobs_done == 1);
  CHECK(w.sums().deleted == 1);
  CHECK(w.books.times().jobs_done.seconds() == 10);
}

TEST_CASE("a body that its job has dropped is gone, and its message is settled all the same") {
  world w(with(10));
  w.queue.send("a", "drop 5");
  w.queue.send("b", "5");
  w.start();
  w.clock.advance(6s);
  CHECK(w.sums().deleted == 2);
  CHECK(w.jobs.bodies == std::map<std::string, std::string>{{"a", ""}, {"b", "5"}});
  w.drain();
  w.finish();
}

TEST_CASE("no more jobs run than the concurrency allows, and none is received that could not start") {
  world w(with(3, 4));
  for (int i = 0; i < 20; ++i)
    w.queue.send(std::to_string(i), "5");
  w.start();
  w.clock.advance(60s);
  CHECK(w.queue.deleted() == 20);
  CHECK(w.jobs.at_once == 3);
  for (const int asked : w.queue.asked_for)
    CHECK(asked <= 3);
  w.drain();
  w.finish();
}

TEST_CASE("FIFO: a receive that is asked for again keeps its slots, for it brings as many as at first") {
  world w(with(11, 2), true);
  w.queue.on_receive = []() -> std::optional<error> { return error{error_kind::network, "", "reset"}; };
  w.start();
  w.clock.advance(30s);
  w.queue.on_receive = nullptr;
  w.clock.advance(120s);
  w.drain();
  w.finish();
  std::map<std::string, int> first_asked;
  std::size_t repeated = 0;
  for (std::size_t i = 0; i < w.queue.attempts.size(); ++i) {
    const auto [first, is_first] = first_asked.emplace(w.queue.attempts[i], w.queue.asked_for[i]);
    repeated += is_first ? 0 : 1;
    CHECK(first->second == w.queue.asked_for[i]);
  }
  CHECK(repeated > 5);
  CHECK(first_asked.size() > 3);
}

TEST_CASE("receives are added until round trips no longer hold the work back, and an idle worker keeps two") {
  const auto done_in_2_s = [](world& w) {
    w.queue.answer_delay = 100ms;
    for (int i = 0; i < 3000; ++i)
      w.queue.send(std::to_string(i));
    w.start();
    w.clock.advance(2s);
    return w.queue.deleted();
  };
  world two(with(1000, 2));
  world many(with(1000, 8));
  const std::size_t least = done_in_2_s(two);
  CHECK(least > 300);
  CHECK(done_in_2_s(many) > 3 * least);
  many.clock.advance(300s);
  CHECK(many.queue.deleted() == 3000);
  CHECK(many.queue.open_polls == 2);
  for (world* w : {&two, &many}) {
    w->drain();
    w->finish();
    CHECK(*w->clean);
  }
}

TEST_CASE("the visibility timeout is extended while a job runs, during the drain as well") {
  options o = with(10);
  o.grace = 600s;
  world w(o);
  w.queue.send("long", "400");
  w.start();
  w.clock.advance(100s);
  CHECK(w.queue.extensions >= 3);
  w.drain();
  const std::size_t before = w.queue.extensions;
  w.clock.advance(200s);
  CHECK(w.queue.extensions >= before + 5);
  w.finish();
  CHECK(w.jobs.started.size() == 1);
  CHECK(w.sums().jobs_done == 1);
}

TEST_CASE("what a late poll brings is not started, and is visible at once when the poll has closed") {
  world w;
  w.start();
  w.clock.advance(3s);
  REQUIRE(w.queue.open_polls > 0);
  w.drain();
  w.queue.send("late", "1");
  w.finish();
  CHECK(*w.clean);
  CHECK(w.jobs.started.empty());
  CHECK(w.queue.is_visible("late"));
  CHECK(w.sums().late == 1);
  CHECK(w.sums().released == 1);
  CHECK(w.books.held_count() == 0);
}

TEST_CASE("a late message is released only when no poll of the process is open any more") {
  options o = with(20, 2);
  world w(o);
  w.start();
  w.clock.advance(3s);
  REQUIRE(w.queue.open_polls == 2);
  w.drain();
  w.queue.send("late", "1");
  w.clock.advance(1s);
  CHECK_FALSE(w.queue.is_visible("late"));  // one poll brought it, the other is open
  w.finish();
  CHECK(w.queue.polls_open_at_release == 0);
  CHECK(w.queue.is_visible("late"));
  CHECK(w.sums().late == 1);
}

TEST_CASE("a late message keeps its lease while another poll is open") {
  options o = with(20, 2);
  o.visibility = 10s;  // the polls wait for 5 s
  world w(o);
  w.start();
  w.clock.advance(2s);
  w.queue.never_answers = true;  // one poll is open for long
  w.clock.advance(3500ms);
  w.queue.never_answers = false;
  w.drain();
  w.queue.send("late", "1");
  w.clock.advance(12s);
  CHECK_FALSE(w.queue.is_visible("late"));
  w.finish();
  CHECK(w.queue.is_visible("late"));
  CHECK(w.sums().lost == 0);
}

TEST_CASE("the wait of a long poll hides inside the drain, and nothing is cut that had time") {
  world w;
  w.queue.send("a", "15");
  w.start();
  w.clock.advance(1s);
  w.drain();
  const auto took = w.finish();
  CHECK(took < 20s);
  CHECK(w.sums().jobs_done == 1);
  CHECK(w.sums().jobs_cut == 0);
}

TEST_CASE("a job that outlives the grace period is told first, then its message is visible at once") {
  options o = with(10);
  o.grace = 30s;
  o.reserve = 4s;
  world w(o);
  w.queue.send("a", "1000");
  w.start();
  w.clock.advance(1s);
  w.drain();
  const auto took = w.finish();
  CHECK(*w.clean);
  CHECK(w.jobs.told.at("a") == stop_reason::draining);
  CHECK(w.jobs.told_at.at("a") == w.drained_at + 26s);
  CHECK(took < 30s);
  CHECK(w.queue.is_visible("a"));
  CHECK(w.sums().jobs_cut == 1);
  CHECK(w.books.held_count() == 0);
}

TEST_CASE("a job that finishes within the reserve is done, not cut") {
  options o = with(10);
  o.reserve = 4s;
  world w(o);
  w.queue.send("a", "finish 29");
  w.start();
  w.clock.advance(1s);
  w.drain();
  w.finish();
  CHECK(w.sums().jobs_done == 1);
  CHECK(w.sums().jobs_cut == 0);
  CHECK(w.queue.deleted() == 1);
}

TEST_CASE("a job that ignores being told is given up in time: its message is visible, the end is not clean") {
  world& w = undying_world();
  w.queue.send("a", "ignore 1000");
  w.start();
  w.clock.advance(1s);
  w.drain();
  const auto took = w.finish();
  CHECK_FALSE(*w.clean);
  CHECK(took < 30s);
  CHECK(w.queue.is_visible("a"));
  CHECK(w.sums().jobs_cut == 1);
  CHECK(w.books.held_count() == 0);
}

TEST_CASE("a second signal cuts running jobs at once, and waits for open polls before it releases") {
  world w(with(10, 2));
  w.queue.send("a", "1000");
  w.start();
  w.clock.advance(5s);
  REQUIRE(w.queue.open_polls == 1);
  w.drain();
  w.clock.advance(1s);
  w.work->press();
  w.clock.run_ready();
  CHECK(w.jobs.told.at("a") == stop_reason::draining);
  w.finish();
  CHECK(*w.clean);
  CHECK(w.queue.polls_open_at_release == 0);
  CHECK(w.queue.is_visible("a"));
  CHECK(w.sums().jobs_cut == 1);
}

TEST_CASE("polls that are aborted on request may still lease: a release outlasts them") {
  options o = with(10, 2);
  o.abort_idle_polls = true;
  world w(o);
  w.queue.send("a", "1000");
  w.start();
  w.clock.advance(5s);
  w.drain();
  CHECK(w.queue.open_polls == 0);
  w.clock.advance(1s);
  w.work->press();
  const auto took = w.finish();
  CHECK(took < 2s);
  CHECK(w.queue.last_visibility >= 14s);
  CHECK(w.sums().polls_aborted == 1);
}

TEST_CASE("a receive whose answer was lost may still lease, one that was never sent may not") {
  for (const char* code : {"reset", "connect", "resolve"}) {
    CAPTURE(code);
    world w(with(10));
    w.queue.send("a", "1000");
    w.start();
    w.clock.advance(1s);
    w.queue.on_receive = [code]() -> std::optional<error> {
      return error{error_kind::network, code, "failed"};
    };
    w.clock.advance(60s);
    w.drain();
    w.work->press();
    w.finish();
    CHECK(w.sums().released == 1);
    CHECK(w.queue.is_visible("a") == (code != std::string("reset")));
  }
}

TEST_CASE(
    "a poll that is never answered does not keep the process, nor the messages, past the grace period") {
  world w(with(10, 2));
  w.queue.send("a", "1000");
  w.start();
  w.clock.advance(1s);
  w.queue.never_answers = true;
  w.clock.advance(30s);  // the open polls answer, the next ones never will
  w.drain();
  CHECK(w.finish() < 30s);
  CHECK(*w.clean);
  CHECK(w.books.held_count() == 0);
  CHECK(w.sums().polls_aborted == 1);
}

TEST_CASE("where only a poll is open nothing is cut, and the poll has its time") {
  world w(with(10, 2));
  w.queue.never_answers = true;
  w.start();
  w.clock.advance(1s);
  w.drain();
  const auto took = w.finish();
  CHECK(took >= 29s);
  CHECK(took < 30s);
  CHECK(*w.clean);
  const auto entered = [&](drain_state s) { return w.status.entered[static_cast<std::size_t>(s)].load(); };
  CHECK(entered(drain_state::cutting) == steady_time{});
  CHECK(entered(drain_state::stopped) - entered(drain_state::closing) >= 29s);
}

TEST_CASE("in the drain a success is deleted at once, not held back for a batch") {
  world w;
  w.queue.send("a", "10");
  w.start();
  w.clock.advance(1s);
  w.drain();
  w.clock.advance(9s);
  w.clock.run_ready();
  CHECK(w.queue.deleted() == 1);
  w.finish();
}

TEST_CASE("an idle worker whose polls are aborted stops at once") {
  options o = with(10, 2);
  o.abort_idle_polls = true;
  world w(o);
  w.start();
  w.clock.advance(5s);
  w.drain();
  CHECK(w.finish() == 0s);
}

TEST_CASE("a FIFO poll that is aborted is asked for again with the same attempt id, and strands nothing") {
  options o = with(10, 1);
  o.abort_idle_polls = true;
  world w(o, true);
  w.start();
  w.clock.advance(5s);
  w.drain();
  CHECK(w.finish() == 0s);
  REQUIRE(w.queue.attempts.size() == 2);
  CHECK_FALSE(w.queue.attempts[0].empty());
  CHECK(w.queue.attempts[0] == w.queue.attempts[1]);
  CHECK(w.sums().polls_aborted == 1);  // what is leased to it from here on is stranded: the report says so
  CHECK(w.sums().polls == 1);
}

TEST_CASE("a delete that fails for a while is repeated, its lease kept, and counts once") {
  world w;
  w.queue.send("a", "1");
  int failures = 40;
  w.queue.on_delete = [&]() -> std::optional<error> {
    if (failures-- > 0) return error{error_kind::network, "", "connection reset"};
    return std::nullopt;
  };
  w.start();
  w.clock.advance(5s);
  CHECK(w.jobs.done.size() == 1);
  CHECK(w.jobs.settlements.empty());
  w.clock.advance(15min);
  CHECK(w.queue.deleted() == 1);
  CHECK(w.jobs.settlements == std::map<std::string, bool>{{"a", true}});
  CHECK(w.jobs.started.size() == 1);
  CHECK(w.sums().deleted == 1);
  CHECK(w.queue.extensions > 0);
  w.drain();
  w.finish();
}

TEST_CASE("a delete that is never answered is left behind, by name, within the grace period") {
  world& w = undying_world();
  w.queue.send("a", "1");
  w.queue.on_delete = [] { return error{error_kind::network, "", "connection reset"}; };
  w.start();
  w.clock.advance(2s);
  w.drain();
  CHECK(w.finish() < 30s);
  const auto held = w.books.held();
  REQUIRE(held.size() == 1);
  CHECK(held[0].message_id == "a");
  CHECK(held[0].why.find("connection reset") != std::string::npos);
}

TEST_CASE("what is left behind says what was not answered, not that its job still runs") {
  for (const std::chrono::seconds asked_before_the_drain : {0s, 1s, 2s}) {
    options o = with(3);
    o.visibility = 10min;  // no extension is under way
    world& w = undying_world(std::move(o));
    w.queue.send("a", "3");
    w.queue.send("b", "300");
    w.queue.send("c", "fail");
    w.queue.delete_takes = w.queue.change_takes = 1h;
    w.start();
    w.clock.advance(asked_before_the_drain == 0s ? 0s : 2s + asked_before_the_drain);
    w.drain();
    w.finish();
    const auto held = w.books.held();
    REQUIRE(held.size() == 3);
    for (const holding& h : held)
      CHECK(h.why == (h.message_id == "a" ? "its job is done, but its delete was not answered"
                                          : "its release was not answered"));
  }
}

TEST_CASE("a job learns that its lease is lost before the lease ends, and its success deletes nothing") {
  world w;
  w.queue.send("a", "finish 100");
  w.queue.on_change = [] { return error{error_kind::network, "", "connection reset"}; };
  w.start();
  w.clock.advance(59s);
  CHECK(w.jobs.told.at("a") == stop_reason::lease_lost);
  CHECK(w.jobs.told_at.at("a") < w.queue.find("a").visible_at);
  w.queue.on_receive = [] {
    return error{error_kind::network, "", "connection reset"};
  };  // it does not come again
  w.clock.advance(60s);
  w.drain();
  w.finish();
  CHECK(w.queue.delete_requests == 0);
  CHECK(w.sums().lost == 1);
  CHECK(w.sums().jobs_lost == 1);
  CHECK(w.sums().jobs_done == 0);
  CHECK(w.jobs.settlements == std::map<std::string, bool>{{"a", false}});
}

TEST_CASE("one connection that hangs does not cost a lease, however short the visibility timeout") {
  for (const std::chrono::seconds visibility : {2s, 5s, 10s, 30s}) {
    options o = with(1);
    o.visibility = visibility;
    world w(o);
    w.queue.send("a", std::to_string(visibility.count() * 2));
    w.queue.hung_changes = 1;
    w.start();
    w.clock.advance(visibility * 2 + 1s);
    CHECK(w.jobs.told.empty());
    CHECK(w.queue.extensions > 0);
    CHECK(w.sums().deleted == 1);
    w.drain();
    w.finish();
  }
}

TEST_CASE("one connection that hangs does not hold a delete up for longer than the lease lasts") {
  options o = with(1);
  o.visibility = 10s;
  world w(o);
  w.queue.send("a", "1");
  w.queue.hung_deletes = 1;
  w.start();
  w.clock.advance(6s);
  CHECK(w.queue.delete_requests == 2);
  CHECK(w.sums().deleted == 1);
  w.drain();
  w.finish();
}

TEST_CASE("a delete that is confirmed once the lease has ended does not count: it may have deleted nothing") {
  options o = with(1);
  o.visibility = 10s;
  world w(o);
  w.queue.send("a", "1");
  w.queue.on_change = [] { return error{error_kind::network, "", "connection reset"}; };
  w.queue.delete_answer_takes = 12s;  // longer than it is waited for, as when a handler holds its loop up
  w.start();
  w.clock.advance(20s);
  CHECK(w.sums().deleted == 0);
  CHECK(w.sums().lost == 1);
  CHECK(w.jobs.settlements == std::map<std::string, bool>{{"a", false}});
  w.drain();
  w.finish();
}

TEST_CASE("an extension that finds the message deleted by its own worker is no lost lease") {
  options o = with(1);
  o.visibility = 10s;
  world w(o);
  w.queue.send("a", "5");
  w.queue.change_takes = 1s;
  w.queue.delete_answer_takes = 2s;
  w.start();
  w.clock.advance(8s);
  CHECK(w.queue.deleted() == 1);
  CHECK(w.queue.extensions == 0);  // it was asked for before the job ended, and came after the delete
  CHECK(w.sums().deleted == 1);
  CHECK(w.sums().lost == 0);
  CHECK(w.jobs.settlements == std::map<std::string, bool>{{"a", true}});
  w.drain();
  w.finish();
}

TEST_CASE("a release is not overtaken by an extension that is on its way") {
  options o = with(10);
  o.visibility = 10s;
  world w(o);
  w.queue.change_takes = 2s;
  w.queue.send("a", "fail");
  w.start();
  w.clock.advance(60s);
  w.queue.change_takes = 0s;
  w.drain();
  w.finish();
  CHECK(w.sums().released == w.sums().received);
  CHECK(w.sums().lost == 0);
}

TEST_CASE("a failed job comes again after a backoff that grows with its receive count") {
  world w;
  w.queue.send("a", "fail");
  w.start();
  w.clock.advance(1h);
  const std::size_t tries = w.jobs.started.size();
  CHECK(tries >= 5);
  CHECK(tries <= 25);  // without growth it would be thousands
  CHECK(w.sums().jobs_failed == tries);
  w.drain();
  w.finish();
}

TEST_CASE("retry_after is taken at its word") {
  world w;
  w.queue.send("a", "later");
  w.start();
  w.clock.advance(1ms * 100);
  CHECK(w.queue.last_visibility == 7s);
  CHECK(w.sums().jobs_retried == 1);
  w.drain();
  w.finish();
}

TEST_CASE("a rest is not longer than the 12 hours since the receive leave, for which SQS would refuse it") {
  world w;
  w.queue.send("a", "late and long");
  w.start();
  w.clock.advance(2h + 1s);
  CHECK(w.sums().jobs_retried == 1);
  CHECK(w.sums().released == 1);
  CHECK(w.queue.last_visibility <= 10h);
  CHECK(w.queue.last_visibility > 10h - 2min);
  w.drain();
  w.finish();
}

TEST_CASE("an exception is a failed job, not a failed worker") {
  world w;
  w.queue.send("a", "throw");
  w.queue.send("b", "1");
  w.start();
  w.clock.advance(2s);
  CHECK(w.queue.find("b").is_deleted);
  CHECK(w.sums().jobs_failed >= 1);
  w.drain();
  w.finish();
}

TEST_CASE("FIFO: of a group one job runs at a time, in order, and other groups are not held up") {
  world w(with(10), true);
  for (const char* id : {"a1", "b1", "a2", "b2", "a3"})
    w.queue.send(id, "5", std::string(1, id[0]));
  w.start();
  w.clock.advance(1s);
  CHECK(w.jobs.at_once == 2);
  w.clock.advance(60s);
  CHECK(w.jobs.at_once == 2);
  std::vector<std::string> of_a;
  for (const std::string& id : w.jobs.done)
    if (id[0] == 'a') of_a.push_back(id);
  CHECK(of_a == std::vector<std::string>{"a1", "a2", "a3"});
  w.drain();
  w.finish();
}

TEST_CASE("FIFO: a failure holds the rest of its group back") {
  world w(with(10), true);
  w.queue.send("a1", "fail once", "a");
  w.queue.send("a2", "1", "a");
  w.queue.send("a3", "1", "a");
  w.start();
  w.clock.advance(200ms);
  CHECK(w.jobs.started == std::vector<std::string>{"a1"});
  w.clock.advance(5min);
  CHECK(w.jobs.done == std::vector<std::string>{"a1", "a2", "a3"});
  w.drain();
  w.finish();
}

TEST_CASE("FIFO: the rest of a group whose job is given up is put back as well") {
  world& w = undying_world(with(10), true);
  w.queue.send("a1", "ignore 1000", "a");
  w.queue.send("a2", "1", "a");
  w.start();
  w.clock.advance(1s);
  w.drain();
  w.finish();
  CHECK(w.jobs.started == std::vector<std::string>{"a1"});
  CHECK(w.queue.is_visible("a1"));
  CHECK(w.queue.is_visible("a2"));
  CHECK(w.books.held_count() == 0);
}

TEST_CASE("FIFO: the next of a group waits for the delete of the one before, not only for its job") {
  world w(with(10), true);
  w.queue.delete_takes = 3s;
  w.queue.send("a1", "1", "a");
  w.queue.send("a2", "1", "a");
  w.start();
  w.clock.advance(3s);
  CHECK(w.jobs.started == std::vector<std::string>{"a1"});
  w.clock.advance(10s);
  CHECK(w.jobs.done == std::vector<std::string>{"a1", "a2"});
  w.drain();
  w.finish();
}

TEST_CASE("a message whose receive took longer than its visibility timeout is put back, not started") {
  options o = with(10);
  o.visibility = 5s;
  world w(o);
  w.queue.send("a", "1");
  SUBCASE("it is still ours, which nobody can know") {
    w.queue.answer_delay = 4600ms;
    w.start();
    w.clock.advance(4700ms);
    CHECK(w.sums().released == 1);
    CHECK(w.sums().lost == 0);
  }
  SUBCASE("its lease has ended") {
    w.queue.answer_delay = 8s;
    w.start();
    w.clock.advance(8100ms);
    CHECK(w.sums().released == 0);
    CHECK(w.sums().lost == 1);
  }
  CHECK(w.jobs.started.empty());
  w.queue.answer_delay = 0s;
  w.drain();
  w.finish();
}

TEST_CASE("a long poll waits no longer than half of the visibility timeout") {
  options o;
  o.visibility = 10s;
  o.wait = 20s;
  CHECK(budgeted_wait(o) == 5s);
  o.visibility = 40s;
  CHECK(budgeted_wait(o) == 20s);
}

TEST_CASE("FIFO: what comes after a message that is put back for its MD5 waits for it") {
  world w(with(10), true);
  w.queue.send("a1", "1", "a");
  w.queue.send("a2", "1", "a");
  w.queue.corrupt_id = "a1";
  w.start();
  w.clock.advance(500ms);
  CHECK(w.jobs.started.empty());
  w.queue.corrupt_id.clear();
  w.clock.advance(60s);
  CHECK(w.jobs.done == std::vector<std::string>{"a1", "a2"});
  w.drain();
  w.finish();
}

TEST_CASE("a release that failed before the drain is not repeated while a poll is open") {
  world w(with(10, 2));
  w.queue.send("a", "fail");
  w.queue.on_change = [] { return error{error_kind::network, "", "connection reset"}; };
  w.start();
  w.clock.advance(2s);
  REQUIRE(w.queue.open_polls > 0);
  w.drain();
  w.queue.on_change = nullptr;
  w.finish();
  CHECK(w.queue.polls_open_at_release == 0);
  CHECK(w.sums().released == 1);
}

TEST_CASE("an extension that is not answered does not hold the end up") {
  options o = with(10);
  o.visibility = 20s;
  world w(o);
  w.queue.send("a", "10");
  w.start();
  w.clock.advance(5s);
  w.queue.change_takes = 9s;
  w.clock.advance(4500ms);  // an extension is under way
  w.drain();
  w.finish();
  CHECK(*w.clean);
  CHECK(w.queue.find("a").is_deleted);
  CHECK(w.stopped_at - w.clock.now() < 1s);
}

TEST_CASE("a message that does not fit its MD5 is put back, not worked on") {
  world w;
  w.queue.corrupts = true;
  w.queue.send("a", "1");
  w.start();
  w.clock.advance(500ms);
  CHECK(w.jobs.started.empty());
  CHECK(w.sums().corrupt == 1);
  CHECK(w.sums().released == 1);
  w.drain();
  w.finish();
}

TEST_CASE("receives that fail are repeated without end, and work goes on afterwards") {
  world w;
  w.queue.on_receive = [] { return error{error_kind::network, "", "connection refused"}; };
  w.start();
  w.clock.advance(1h);
  CHECK_FALSE(w.status.is_ready);
  CHECK(w.sums().polls_failed > 100);
  CHECK(w.sums().polls_failed < 3000);
  w.queue.on_receive = nullptr;
  w.queue.send("a", "1");
  w.clock.advance(60s);
  CHECK(w.queue.deleted() == 1);
  CHECK(w.status.is_ready);
  w.drain();
  w.finish();
}

TEST_CASE("a worker is ready before the first receive has waited for messages in vain") {
  world w;
  w.start();
  w.clock.run_ready();
  CHECK(w.sums().polls == 0);
  CHECK(w.status.is_ready);
  w.drain();
  w.finish();
}

TEST_CASE("readiness turns false with the first signal") {
  world w;
  w.queue.send("a", "1");
  w.start();
  w.clock.advance(2s);
  CHECK(w.status.is_ready);
  w.drain();
  CHECK_FALSE(w.status.is_ready);
  w.finish();
}

TEST_CASE("quiet takes in nothing more but keeps working, until the signal") {
  world w;
  w.queue.send("a", "100");
  w.start();
  w.clock.advance(1s);
  w.work->quiet();
  w.clock.advance(30s);  // the open polls answer
  w.queue.send("b", "1");
  w.clock.advance(60s);
  CHECK(w.jobs.started == std::vector<std::string>{"a"});
  CHECK_FALSE(w.clean);
  w.clock.advance(20s);
  CHECK(w.queue.find("a").is_deleted);
  w.drain();
  CHECK(w.finish() < 1s);
}

TEST_CASE("a job past its time limit is told, and its message comes again") {
  options o = with(10);
  o.job_timeout = 30s;
  world w(o);
  w.queue.send("a", "500");
  w.start();
  w.clock.advance(30s);
  w.clock.run_ready();
  CHECK(w.jobs.told.at("a") == stop_reason::time_limit);
  CHECK(w.sums().jobs_retried == 1);
  w.drain();
  w.finish();
}

TEST_CASE("a time limit is forgotten with its job") {
  options o = with(1);
  o.job_timeout = 30s;
  world w(o);
  w.queue.send("a", "20");
  w.queue.send("b", "25");
  w.start();
  w.clock.advance(46s);
  CHECK(w.jobs.told.empty());
  CHECK(w.sums().deleted == 2);
  w.drain();
  w.finish();
}

TEST_CASE("a hung job does not hold its message past its time limit and the reserve") {
  options o = with(1);
  o.job_timeout = 30s;
  world& w = undying_world(o);
  w.queue.send("a", "ignore 5000");
  w.start();
  w.clock.advance(33s);
  CHECK(w.queue.is_visible("a"));
  CHECK(w.books.held_count() == 0);
  CHECK(w.jobs.at_once == 1);  // its slot stays taken
  w.drain();
  w.finish();
  CHECK_FALSE(*w.clean);
}

TEST_CASE("drain when empty: ends by itself once everything is done, retries included") {
  options o = with(4, 2);
  o.drain_when_empty = true;
  world w(o);
  for (int i = 0; i < 30; ++i)
    w.queue.send(std::to_string(i), i % 7 == 0 ? "fail once" : "1");
  w.start();
  w.finish();
  CHECK(*w.clean);
  CHECK(w.queue.deleted() == 30);
}

TEST_CASE("drain when empty: messages in flight elsewhere are waited for") {
  options o = with(4);
  o.drain_when_empty = true;
  world w(o);
  w.queue.send("theirs", "1");
  w.queue.entries[0].visible_at = w.clock.now() + 45s;
  w.start();
  w.finish();
  CHECK(w.queue.deleted() == 1);
}

TEST_CASE("drain when empty: a message that fails again and again does not keep the run from ending") {
  options o = with(4);
  o.drain_when_empty = true;
  world w(o);
  w.queue.send("poison", "fail");
  w.queue.send("good", "1");
  w.start();
  w.finish();
  CHECK(*w.clean);
  CHECK(w.queue.find("good").is_deleted);
  CHECK_FALSE(w.queue.find("poison").is_deleted);
  CHECK(w.sums().jobs_failed >= 3);
  CHECK(w.books.held_count() == 0);
}

TEST_CASE(
    "drain when empty: however many messages always fail, the run ends when each had its tries and one more") {
  for (const bool fifo : {false, true}) {
    CAPTURE(fifo);
    options o = with(4, 2);
    o.drain_when_empty = true;
    world w(o, fifo);
    constexpr int count = 300;
    for (int i = 0; i < count; ++i)
      w.queue.send(std::to_string(i), "fail", std::to_string(i / 3));
    w.queue.send("good", "1", "good");
    w.start();
    w.finish();
    CHECK(*w.clean);
    CHECK(w.sums().jobs_done == 1);
    CHECK(w.sums().jobs_cut == 0);
    const auto tried = static_cast<std::uint64_t>(fifo ? count / 3 : count);
    CHECK(w.sums().jobs_failed >= 3 * tried);
    CHECK(w.sums().jobs_failed <= 6 * tried);
    CHECK(w.books.held_count() == 0);
  }
}

TEST_CASE(
    "drain when empty: where others fail a job that runs long is waited for, and so is what it has held up") {
  options o = with(2);
  o.drain_when_empty = true;
  world w(o, true);
  w.queue.send("poison", "fail", "a");
  w.queue.send("behind", "1", "a");
  w.queue.send("long", "600", "b");
  w.queue.send("after", "1", "b");
  w.start();
  w.finish();
  CHECK(*w.clean);
  CHECK(w.queue.find("long").is_deleted);
  CHECK(w.queue.find("after").is_deleted);
  CHECK_FALSE(w.queue.find("behind").is_deleted);
  CHECK(w.sums().jobs_cut == 0);
}

TEST_CASE("the books balance: received is deleted, released, lost or held") {
  options o = with(5, 3);
  world w(o);
  for (int i = 0; i < 60; ++i)
    w.queue.send(std::to_string(i), i % 3 == 0 ? "fail" : i % 3 == 1 ? "2" : "90");
  w.start();
  w.clock.advance(120s);
  w.drain();
  w.finish();
  const totals t = w.sums();
  CHECK(t.received == t.deleted + t.released + t.lost + w.books.held_count());
  CHECK(w.books.held_count() == 0);
}
