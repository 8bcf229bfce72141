#include "runtime/watchdog.hpp"

#include "support/manual_clock.hpp"

#include <doctest/doctest.h>

#include <optional>

namespace lastcall {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::manual_clock;

struct kennel {
  asio::io_context context;
  manual_clock clock{context};
  int barks{0};
  std::optional<watchdog> dog{std::in_place, clock, context.get_executor(), [this] { ++barks; }};

  void expires_in(std::chrono::nanoseconds time) { dog->expires_at(clock.now() + time); }
};

TEST_CASE("a watchdog barks when its deadline has passed, once") {
  kennel it;
  it.expires_in(10s);
  it.clock.advance(9s);
  CHECK(it.barks == 0);
  it.clock.advance(1s);
  CHECK(it.barks == 1);
  it.clock.advance(100s);
  CHECK(it.barks == 1);
  it.expires_in(5s);
  it.clock.advance(5s);
  CHECK(it.barks == 2);
}

TEST_CASE("a deadline that moves away is followed, and one that comes nearer too") {
  kennel it;
  it.expires_in(10s);
  it.clock.advance(5s);
  it.expires_in(10s);
  it.clock.advance(9s);
  CHECK(it.barks == 0);
  it.clock.advance(1s);
  CHECK(it.barks == 1);
  it.expires_in(10s);
  it.clock.advance(1s);
  it.expires_in(2s);
  it.clock.advance(2s);
  CHECK(it.barks == 2);
}

TEST_CASE("a deadline that was taken away does not come") {
  kennel it;
  it.expires_in(10s);
  it.dog->expires_at(steady_time::max());
  it.clock.advance(100s);
  CHECK(it.barks == 0);
  CHECK(it.clock.waiting() == 0);
}

TEST_CASE("moving the deadline away with every request costs one wait for all of them") {
  kennel it;
  int waits = 0;
  for (int request = 0; request < 1000; ++request) {
    it.expires_in(10s);
    it.clock.run_ready();
    waits += it.clock.waiting() == 1 ? 1 : 0;
    it.dog->expires_at(steady_time::max());
  }
  CHECK(waits == 1000);
  CHECK(it.clock.waiting() == 1);
  it.clock.advance(10s);
  CHECK(it.clock.waiting() == 0);
  CHECK(it.barks == 0);
}

TEST_CASE("a deadline in the past barks at once, but not from within the call") {
  kennel it;
  it.expires_in(-1s);
  CHECK(it.barks == 0);
  it.clock.run_ready();
  CHECK(it.barks == 1);
}

TEST_CASE("a watchdog that is gone does not bark and waits for nothing") {
  kennel it;
  it.expires_in(10s);
  it.clock.run_ready();
  it.dog.reset();
  it.clock.run_ready();
  CHECK(it.clock.waiting() == 0);
  it.clock.advance(10s);
  CHECK(it.barks == 0);
}

}  // namespace
}  // namespace lastcall
