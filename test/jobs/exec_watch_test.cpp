#include "jobs/exec_watch.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace std::chrono_literals;
using jobs::exec_watch;
using step = exec_watch::step::kind;

namespace {

const steady_time t0{1h};

exec_watch::view running_at(steady_time now) { return {.now = now}; }
exec_watch::view told_at(steady_time now, steady_time deadline) {
  return {.now = now, .stopping = true, .stop_deadline = deadline};
}
exec_watch::view ended_at(steady_time now, bool output_open) {
  return {.now = now, .ended = true, .output_open = output_open, .group_exists = false};
}

}  // namespace

TEST_CASE("a command that nobody stops is waited for without a limit") {
  exec_watch watch(1s);
  const auto next = watch.next(running_at(t0));
  CHECK(next.what == step::wait);
  CHECK(next.until == steady_time::max());
}

TEST_CASE("a command that has ended and whose output is closed is left at once") {
  exec_watch watch(1s);
  CHECK(watch.next(ended_at(t0, false)).what == step::leave);
  CHECK(!watch.is_told());
}

TEST_CASE("what a command left behind may hold its output open only so long") {
  exec_watch watch(1s);
  const auto next = watch.next(ended_at(t0, true));
  CHECK(next.what == step::wait);
  CHECK(next.until == t0 + 1s);
  CHECK(watch.next(ended_at(t0 + 999ms, true)).what == step::wait);
  CHECK(watch.next(ended_at(t0 + 1s, true)).what == step::leave);
}

TEST_CASE(
    "a command that ended by itself is neither told nor waited for any more when the job is told to stop") {
  exec_watch watch(1s);
  REQUIRE(watch.next(ended_at(t0, true)).what == step::wait);
  auto seen = ended_at(t0 + 1ms, true);
  seen.stopping = true;
  seen.stop_deadline = t0 + 2s;
  CHECK(watch.next(seen).what == step::leave);
  CHECK(!watch.is_told());
}

TEST_CASE("a command is told once, and killed once, a quarter of its time before the deadline") {
  exec_watch watch(1s);
  const steady_time deadline = t0 + 400ms;
  CHECK(watch.next(told_at(t0, deadline)).what == step::terminate);
  CHECK(watch.next(told_at(t0, deadline)).what == step::wait);
  CHECK(watch.next(told_at(t0 + 299ms, deadline)).what == step::wait);
  CHECK(watch.next(told_at(t0 + 300ms, deadline)).what == step::kill);
  CHECK(watch.next(told_at(t0 + 300ms, deadline)).what == step::wait);
  CHECK(watch.is_killed());
}

TEST_CASE("of a long time to stop, half a second is kept for the kill") {
  exec_watch watch(1s);
  const steady_time deadline = t0 + 60s;
  REQUIRE(watch.next(told_at(t0, deadline)).what == step::terminate);
  CHECK(watch.next(told_at(deadline - 501ms, deadline)).what == step::wait);
  CHECK(watch.next(told_at(deadline - 500ms, deadline)).what == step::kill);
}

TEST_CASE("a deadline that comes nearer is noticed soon") {
  exec_watch watch(1s);
  REQUIRE(watch.next(told_at(t0, t0 + 1h)).what == step::terminate);
  const auto next = watch.next(told_at(t0, t0 + 1h));
  CHECK(next.until <= t0 + 50ms);
  CHECK(watch.next(told_at(t0 + 50ms, t0 + 60ms)).what == step::kill);
}

TEST_CASE("a command that is told after its deadline is told and killed without delay") {
  exec_watch watch(1s);
  CHECK(watch.next(told_at(t0, t0 - 1s)).what == step::terminate);
  CHECK(watch.next(told_at(t0, t0 - 1s)).what == step::kill);
  const auto next = watch.next(told_at(t0, t0 - 1s));
  CHECK(next.what == step::wait);
}

TEST_CASE("a process that survives its kill is left at the deadline") {
  exec_watch watch(1s);
  const steady_time deadline = t0 + 1s;
  REQUIRE(watch.next(told_at(t0, deadline)).what == step::terminate);
  REQUIRE(watch.next(told_at(t0 + 750ms, deadline)).what == step::kill);
  CHECK(watch.next(told_at(t0 + 999ms, deadline)).what == step::wait);
  CHECK(watch.next(told_at(deadline, deadline)).what == step::leave);
}

TEST_CASE("children of a command that ended when told have until the kill as well") {
  exec_watch watch(1s);
  const steady_time deadline = t0 + 400ms;
  REQUIRE(watch.next(told_at(t0, deadline)).what == step::terminate);
  auto seen = told_at(t0 + 100ms, deadline);
  seen.ended = true;
  seen.output_open = false;
  CHECK(watch.next(seen).what == step::wait);
  SUBCASE("and are no longer waited for once they are gone") {
    seen.group_exists = false;
    CHECK(watch.next(seen).what == step::leave);
    CHECK(!watch.is_killed());
  }
  SUBCASE("and are killed then") {
    seen.now = t0 + 300ms;
    CHECK(watch.next(seen).what == step::kill);
    CHECK(watch.next(seen).what == step::leave);
  }
}

TEST_CASE(
    "after a stop the rest of the output is read, but a process that left the group can't delay the end") {
  exec_watch watch(1s);
  const steady_time deadline = t0 + 10s;
  REQUIRE(watch.next(told_at(t0, deadline)).what == step::terminate);
  auto seen = told_at(t0 + 50ms, deadline);
  seen.ended = true;
  seen.group_exists = false;
  const auto next = watch.next(seen);
  CHECK(next.what == step::wait);
  CHECK(next.until == t0 + 150ms);
  seen.now = next.until;
  CHECK(watch.next(seen).what == step::leave);
}
