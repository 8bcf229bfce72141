#include "runtime/wakeup.hpp"

#include "support/manual_clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

#include <optional>

namespace lastcall {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::manual_clock;

asio::awaitable<void> note(wakeup& wakeup, steady_time when, std::optional<bool>& notified) {
  notified = co_await wakeup.wait_until(when);
}

TEST_CASE("a notification ends the wait under way") {
  asio::io_context context;
  manual_clock clock(context);
  wakeup wakeup(clock, context.get_executor());
  std::optional<bool> notified;
  asio::co_spawn(context, note(wakeup, clock.now() + 1h, notified), asio::detached);
  clock.run_ready();
  CHECK_FALSE(notified.has_value());
  wakeup.notify();
  clock.run_ready();
  CHECK(notified == true);
}

TEST_CASE("a notification that comes before the wait is not missed, and counts once") {
  asio::io_context context;
  manual_clock clock(context);
  wakeup wakeup(clock, context.get_executor());
  wakeup.notify();
  wakeup.notify();
  CHECK(clock.run(wakeup.wait()));
  CHECK(clock.elapsed() == 0s);
  CHECK_FALSE(clock.run(wakeup.wait_until(clock.now() + 5s)));
  CHECK(clock.elapsed() == 5s);
}

TEST_CASE("a notification in the same moment as the time is a notification") {
  asio::io_context context;
  manual_clock clock(context);
  wakeup wakeup(clock, context.get_executor());
  std::optional<bool> notified;
  asio::co_spawn(context, note(wakeup, clock.now() + 1s, notified), asio::detached);
  clock.run_ready();
  const auto timer = clock.make_timer(context.get_executor());
  asio::co_spawn(context, timer->wait_until(clock.now() + 1s),
                 [&](std::exception_ptr, bool) { wakeup.notify(); });
  clock.advance(1s);
  REQUIRE(notified.has_value());
  // Whichever came first, the notification is not lost: it ended this wait, or it ends the next one.
  if (!*notified) CHECK(clock.run(wakeup.wait_until(clock.now() + 1s)));
}

TEST_CASE("a cancelled wait ends without a notification") {
  asio::io_context context;
  manual_clock clock(context);
  wakeup wakeup(clock, context.get_executor());
  asio::cancellation_signal signal;
  std::optional<bool> notified;
  asio::co_spawn(context, note(wakeup, steady_time::max(), notified),
                 asio::bind_cancellation_slot(signal.slot(), asio::detached));
  clock.run_ready();
  signal.emit(asio::cancellation_type::terminal);
  clock.run_ready();
  CHECK(notified == false);
}

}  // namespace
}  // namespace lastcall
