#include "mail/connection.hpp"

#include "support/manual_clock.hpp"
#include "support/memory_network.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::mail;
using namespace lastcall::testing;
namespace asio = boost::asio;

namespace {

class no_guard final : public delivery_guard {
 public:
  asio::awaitable<result<void>> before_final_dot(std::vector<std::string>) override {
    co_return result<void>();
  }
  std::optional<steady_time> stop_by() const noexcept override { return std::nullopt; }
};

/// Waits to be cancelled, then goes on with a transaction all the same.
asio::awaitable<void> transact_once_cancelled(lastcall::clock& time, connection& link, transaction_fsm& fsm) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await sleep_until(time, steady_time::max());
  no_guard guard;
  co_await link.transact(fsm, "Subject: x\r\n\r\n", guard);
}

}  // namespace

TEST_CASE("a coroutine that was cancelled before begins nothing on a connection") {
  asio::io_context context;
  manual_clock time(context);
  memory_network network(context.get_executor(), time);
  auto [here, there] = network.make_pair();
  const smtp_timeouts timeouts;
  connection link(std::move(here), time, timeouts);
  const envelope to_bob{"ada@example.com", {"bob@example.org"}};
  transaction_fsm fsm(to_bob, link.offered(), 10, timeouts, false);
  asio::cancellation_signal stop;
  bool has_ended = false;
  asio::co_spawn(context, transact_once_cancelled(time, link, fsm),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr p) {
                   CHECK_FALSE(p);
                   has_ended = true;
                 }));
  time.run_ready();
  stop.emit(asio::cancellation_type::terminal);
  time.run_ready();
  CHECK(has_ended);
  CHECK(fsm.results()[0].status == delivery_status::not_sent);
  CHECK(there->is_quiet());
}
