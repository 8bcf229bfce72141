#include "runtime/clock.hpp"

#include "support/manual_clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace lastcall {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::manual_clock;

asio::awaitable<void> note_after(clock& clock, std::chrono::nanoseconds wait, std::string name,
                                 std::vector<std::string>& notes) {
  const bool came = co_await sleep_for(clock, wait);
  notes.push_back(name + (came ? " came" : " was cancelled"));
}

asio::awaitable<void> note_wait(timer& timer, steady_time when, std::vector<std::string>& notes) {
  const bool came = co_await timer.wait_until(when);
  notes.push_back(came ? "came" : "woken");
}

TEST_CASE("under virtual time the timers fire in the order of their times, not of their making") {
  asio::io_context context;
  manual_clock clock(context);
  std::vector<std::string> notes;
  asio::co_spawn(context, note_after(clock, 3s, "third", notes), asio::detached);
  asio::co_spawn(context, note_after(clock, 1s, "first", notes), asio::detached);
  asio::co_spawn(context, note_after(clock, 2s, "second", notes), asio::detached);
  asio::co_spawn(context, note_after(clock, 0s, "now", notes), asio::detached);
  clock.run_ready();
  CHECK(notes == std::vector<std::string>{"now came"});
  clock.advance(2s);
  CHECK(notes == std::vector<std::string>{"now came", "first came", "second came"});
  CHECK(clock.elapsed() == 2s);
  CHECK(clock.waiting() == 1);
  CHECK(clock.advance_to_next());
  CHECK(notes.back() == "third came");
  CHECK(clock.elapsed() == 3s);
  CHECK_FALSE(clock.advance_to_next());
}

asio::awaitable<int> three_naps(clock& clock) {
  for (int nap = 0; nap < 3; ++nap)
    co_await sleep_for(clock, 1h);
  co_return 3;
}

TEST_CASE("under virtual time hours of sleep take no time") {
  asio::io_context context;
  manual_clock clock(context);
  const wall_time day = clock.wall_now();
  CHECK(clock.run(three_naps(clock)) == 3);
  CHECK(clock.elapsed() == 3h);
  CHECK(clock.wall_now() - day == 3h);
}

TEST_CASE("under virtual time a coroutine that can't end is an error, not a hang") {
  asio::io_context context;
  manual_clock clock(context);
  CHECK_THROWS_AS(clock.run(sleep_until(clock, steady_time::max())), std::logic_error);
}

asio::awaitable<void> wake_after(clock& clock, std::chrono::nanoseconds wait, timer& timer) {
  co_await sleep_for(clock, wait);
  timer.wake();
}

/// What every clock must do; run for the virtual one and for the real one.
template <class Drive>
void check_timer(asio::io_context& context, clock& clock, Drive drive) {
  SUBCASE("a wait ends when its time has come") {
    std::vector<std::string> notes;
    asio::co_spawn(context, note_after(clock, 1ms, "timer", notes), asio::detached);
    drive();
    CHECK(notes == std::vector<std::string>{"timer came"});
  }
  SUBCASE("wake ends all waits of a timer before their time") {
    const std::unique_ptr<timer> timer = clock.make_timer(context.get_executor());
    std::vector<std::string> notes;
    asio::co_spawn(context, note_wait(*timer, clock.now() + 1h, notes), asio::detached);
    asio::co_spawn(context, note_wait(*timer, clock.now() + 1h, notes), asio::detached);
    asio::co_spawn(context, wake_after(clock, 1ms, *timer), asio::detached);
    drive();
    CHECK(notes == std::vector<std::string>{"woken", "woken"});
  }
  SUBCASE("a wake that nobody waits for is not remembered") {
    const std::unique_ptr<timer> timer = clock.make_timer(context.get_executor());
    std::vector<std::string> notes;
    timer->wake();
    asio::co_spawn(context, note_wait(*timer, clock.now() + 1ms, notes), asio::detached);
    drive();
    CHECK(notes == std::vector<std::string>{"came"});
  }
  SUBCASE("a timer can be used again with another time") {
    const std::unique_ptr<timer> timer = clock.make_timer(context.get_executor());
    std::vector<std::string> notes;
    asio::co_spawn(context, note_wait(*timer, clock.now() + 2ms, notes), asio::detached);
    drive();
    asio::co_spawn(context, note_wait(*timer, clock.now() + 1ms, notes), asio::detached);
    drive();
    CHECK(notes == std::vector<std::string>{"came", "came"});
  }
  SUBCASE("cancelling the coroutine ends its wait, and says that the time has not come") {
    asio::cancellation_signal signal;
    bool ended = false;
    std::vector<std::string> notes;
    asio::co_spawn(context, note_after(clock, 1h, "timer", notes),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr) { ended = true; }));
    context.poll();
    signal.emit(asio::cancellation_type::terminal);
    drive();
    CHECK(ended);
    CHECK(notes == std::vector<std::string>{"timer was cancelled"});
  }
}

TEST_CASE("the virtual clock's timers") {
  asio::io_context context;
  manual_clock clock(context);
  check_timer(context, clock, [&] { clock.advance(10ms); });
}

TEST_CASE("the real clock's timers") {
  asio::io_context context;
  check_timer(context, real_clock(), [&] {
    context.restart();
    context.run_for(10s);
  });
}

}  // namespace
}  // namespace lastcall
