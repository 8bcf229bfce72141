#include "jobs/sleep.hpp"

#include "jobs/job_run.hpp"
#include "jobs/scratch_folder.hpp"
#include "support/manual_clock.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace std::chrono_literals;
using lastcall::testing::fake_job;
using lastcall::testing::job_run;
using lastcall::testing::manual_clock;
using lastcall::testing::scratch_folder;
namespace asio = boost::asio;

namespace {

struct bench {
  asio::io_context context;
  manual_clock clock{context};
  scratch_folder folder;
  fake_job job;

  std::unique_ptr<handler> make(std::chrono::nanoseconds duration, const std::string& journal = {}) {
    return jobs::make_sleep(clock, {.duration = duration, .journal = journal}).value();
  }
};

}  // namespace

TEST_CASE("a sleep job takes its time and is done") {
  bench b;
  const auto handler = b.make(50ms);
  job_run run(b.context, *handler, b.job);
  b.clock.advance(49ms);
  CHECK(!run.ended);
  b.clock.advance(1ms);
  REQUIRE(run.ended);
  CHECK(run.ended->what == outcome::kind::done);
}

TEST_CASE("a sleep job does not hold its body while it sleeps") {
  bench b;
  b.job.content.body = "{}";
  const auto handler = b.make(50ms);
  job_run run(b.context, *handler, b.job);
  b.clock.run_ready();
  CHECK(!run.ended);
  CHECK(b.job.content.body.empty());
  b.clock.advance(50ms);
}

TEST_CASE("the empty job ends without waiting for a timer") {
  bench b;
  const auto handler = b.make(0ms);
  job_run run(b.context, *handler, b.job);
  b.clock.run_ready();
  REQUIRE(run.ended);
  CHECK(run.ended->what == outcome::kind::done);
  CHECK(b.clock.elapsed() == 0ms);
}

TEST_CASE("the journal has a line when a job starts and one when it ends") {
  bench b;
  b.clock.set_wall(wall_time(1700000000s + 250us));
  b.job.content.id = "m-1";
  const auto handler = b.make(2s, b.folder.file("journal"));
  job_run run(b.context, *handler, b.job);
  b.clock.run_ready();
  CHECK(b.folder.content("journal") == "S m-1 1700000000000250\n");
  b.clock.advance(2s);
  CHECK(b.folder.content("journal") == "S m-1 1700000000000250\nE m-1 1700000002000250\n");
}

TEST_CASE("a journal is added to, not begun anew") {
  bench b;
  b.folder.script("journal", "S before 1\n");
  const auto handler = b.make(0ms, b.folder.file("journal"));
  job_run run(b.context, *handler, b.job);
  b.clock.run_ready();
  CHECK(b.folder.content("journal").starts_with("S before 1\nS "));
}

TEST_CASE("a sleep job that is told to stop ends at once, as stopped, and does not journal an end") {
  bench b;
  b.job.content.id = "m-1";
  const auto handler = b.make(1h, b.folder.file("journal"));
  job_run run(b.context, *handler, b.job);
  b.clock.advance(10s);
  b.job.stop(stop_reason::draining, b.clock.now() + 2s);
  b.clock.run_ready();
  REQUIRE(run.ended);
  CHECK(run.ended->what == outcome::kind::stopped);
  CHECK(b.clock.elapsed() == 10s);
  CHECK(b.folder.content("journal").find("E m-1") == std::string::npos);
}

TEST_CASE("a sleep job that is told to stop before it begins does not run") {
  bench b;
  const auto handler = b.make(1h, b.folder.file("journal"));
  b.job.stop(stop_reason::lease_lost, b.clock.now());
  job_run run(b.context, *handler, b.job);
  b.clock.run_ready();
  REQUIRE(run.ended);
  CHECK(run.ended->what == outcome::kind::stopped);
  CHECK(b.folder.content("journal").empty());
}

TEST_CASE("a journal that can't be opened is an error at start that names the file") {
  bench b;
  const auto made = jobs::make_sleep(b.clock, {.journal = b.folder.file("no/such/folder")});
  REQUIRE(made.has_error());
  CHECK(made.error().message.find("no/such/folder") != std::string::npos);
  CHECK(made.error().message.find("No such file") != std::string::npos);
}

TEST_CASE("a journal that can't be written fails the job") {
  bench b;
  const auto handler = b.make(0ms, "/dev/full");
  job_run run(b.context, *handler, b.job);
  b.clock.run_ready();
  REQUIRE(run.ended);
  CHECK(run.ended->what == outcome::kind::failed);
  CHECK(run.ended->reason.find("/dev/full") != std::string::npos);
}
