#include "jobs/checkpointed.hpp"

#include "jobs/captured_log.hpp"
#include "jobs/checkpoint_watch.hpp"
#include "jobs/job_run.hpp"
#include "jobs/memory_checkpoints.hpp"
#include "support/manual_clock.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace lastcall;
using namespace lastcall::jobs;
using lastcall::testing::captured_log;
using lastcall::testing::fake_job;
using lastcall::testing::manual_clock;
namespace asio = boost::asio;
using kind = outcome::kind;

namespace {

/// A store that can be out of order.
class flaky_store final : public checkpoint_store {
 public:
  asio::awaitable<result<std::string>> load(std::string id, wall_time now) override {
    if (broken) co_return trouble();
    co_return co_await inner.load(std::move(id), now);
  }
  asio::awaitable<result<bool>> save(std::string id, unsigned count, std::string cursor,
                                     wall_time now) override {
    if (broken) co_return trouble();
    co_return co_await inner.save(std::move(id), count, std::move(cursor), now);
  }
  asio::awaitable<result<void>> remove(std::string id) override {
    ++removals;
    if (broken) co_return trouble();
    co_return co_await inner.remove(std::move(id));
  }

  static error trouble() { return {error_kind::io, "", "the disk is full"}; }
  memory_checkpoints inner;
  bool broken{false};
  int removals{0};
};

/// Saves what the test says and ends as it says.
class saving_handler final : public handler {
 public:
  asio::awaitable<outcome> run(job& j) override {
    ++runs;
    given = j.checkpoint();
    for (const std::string& cursor : to_save) {
      std::string copy = cursor;
      const bool kept = co_await j.save_checkpoint(std::move(copy));
      was_kept.push_back(kept);
    }
    if (before_end) before_end();
    if (throws) throw std::runtime_error("as asked");
    co_return ending;
  }
  void settled(const message&, bool deleted) noexcept override { told.push_back(deleted); }

  std::vector<std::string> to_save;
  std::function<void()> before_end;
  outcome ending{outcome::stopped()};
  bool throws{false};
  int runs{0};
  std::string given;
  std::vector<bool> was_kept;
  std::vector<bool> told;
};

struct bench {
  asio::io_context context;
  manual_clock clock{context};
  flaky_store store;
  saving_handler inner;
  captured_log log;
  checkpointed handler{inner, store, clock, context.get_executor()};
  fake_job job;

  bench() { job.content.id = "m-1"; }
  outcome run(unsigned receive_count = 1) {
    job.content.receive_count = receive_count;
    return clock.run(lastcall::testing::as_the_worker(handler, job, nullptr));
  }
  void settle(bool deleted) {
    handler.settled(job.content, deleted);
    clock.run(handler.close());
  }
  std::string kept() { return clock.run(store.inner.load("m-1", clock.wall_now())).value(); }
};

}  // namespace

TEST_CASE("a job is given what its earlier run saved, and what it saves is kept before it has ended") {
  bench b;
  b.inner.to_save = {"half", "more"};
  b.inner.before_end = [&] { CHECK(b.kept() == "more"); };
  CHECK(b.run().what == kind::stopped);
  CHECK(b.inner.given.empty());
  CHECK(b.inner.was_kept == std::vector<bool>{true, true});
  b.inner.to_save.clear();
  b.run(2);
  CHECK(b.inner.given == "more");
}

TEST_CASE("a cursor is dropped once the message is deleted, not when the job is done") {
  bench b;
  b.inner.to_save = {"half"};
  b.inner.ending = outcome::done();
  b.run();
  CHECK(b.kept() == "half");
  b.settle(false);  // its delete was never answered: it may come again
  CHECK(b.kept() == "half");
  b.run(2);
  b.settle(true);
  CHECK(b.kept().empty());
  CHECK(b.inner.told == std::vector<bool>{false, true});
}

TEST_CASE("a job that never saved anything costs the store no removal") {
  bench b;
  b.inner.ending = outcome::done();
  b.run();
  b.settle(true);
  CHECK(b.store.removals == 0);
}

TEST_CASE("a cursor of 64 KiB is kept, a larger one refused, and the one before stays") {
  bench b;
  b.inner.to_save = {std::string(largest_checkpoint, 'x'), std::string(largest_checkpoint + 1, 'y')};
  b.run();
  CHECK(b.inner.was_kept == std::vector<bool>{true, false});
  CHECK(b.kept() == std::string(largest_checkpoint, 'x'));
  CHECK(b.log.named("checkpoint not saved").size() == 1);
}

TEST_CASE("without its cursor a job is not run: its message comes again") {
  bench b;
  b.store.broken = true;
  const outcome o = b.run();
  CHECK(o.what == kind::retry);
  CHECK(o.reason == "its checkpoint can't be read: the disk is full");
  CHECK(b.inner.runs == 0);
}

TEST_CASE("a cursor that can't be kept is told to the job and logged") {
  bench b;
  b.inner.to_save = {"half"};
  b.inner.before_end = [&] { b.store.broken = false; };
  b.job.content.receive_count = 1;
  b.clock.run(b.store.inner.save("m-1", 5, "of a later delivery", b.clock.wall_now())).value();
  b.run();
  CHECK(b.inner.was_kept == std::vector<bool>{false});
  REQUIRE(b.log.named("checkpoint not saved").size() == 1);
  CHECK(b.log.named("checkpoint not saved")[0].field("why").find("later delivery") != std::string::npos);
}

TEST_CASE("an exception passes through") {
  bench b;
  b.inner.throws = true;
  CHECK_THROWS_AS(b.run(), std::runtime_error);
}

TEST_CASE("what a command writes is saved when it stands for two looks, and at the end in any case") {
  checkpoint_watch watch("given");
  CHECK_FALSE(watch.look("given", false).has_value());
  CHECK_FALSE(watch.look("giv", false).has_value());  // half written
  CHECK_FALSE(watch.look("one", false).has_value());
  CHECK(watch.look("one", false) == "one");
  CHECK_FALSE(watch.look("one", false).has_value());
  CHECK_FALSE(watch.look("", false).has_value());  // truncated, and not yet written
  CHECK_FALSE(watch.look("", false).has_value());
  CHECK(watch.look("two", true) == "two");
  checkpoint_watch untouched("given");
  CHECK_FALSE(untouched.look("given", true).has_value());
  CHECK_FALSE(untouched.look("", true).has_value());
}
