#include "app/foreground.hpp"

#include "app/exit_code.hpp"
#include "app/stop_signals.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>

namespace lastcall::app {

namespace asio = boost::asio;

namespace {

/// As for a worker: whoever sends the same signal twice, a process manager perhaps, gets what was asked for.
constexpr unsigned most_signals = 2;

}  // namespace

foreground::foreground() : signals_(loop_, SIGTERM, SIGINT) {
  await_signal();
  admit_stop_signals();
}

void foreground::await_signal() {
  signals_.async_wait([this](boost::system::error_code failed, int number) {
    if (failed) return;
    if (++signals_seen_ > most_signals) std::_Exit(exit_signal_base + number);
    await_signal();
    if (signal_ != 0) return;
    signal_ = number;
    cancel_.emit(asio::cancellation_type::terminal);
  });
}

void foreground::run(asio::awaitable<void> body) {
  std::exception_ptr thrown;
  bool ended = false;
  const auto at_end = [&](std::exception_ptr e) {
    thrown = e;
    ended = true;
  };
  asio::co_spawn(loop_, std::move(body), asio::bind_cancellation_slot(cancel_.slot(), at_end));
  loop_.restart();
  while (!ended)
    loop_.run_one();
  if (thrown && signal_ == 0) std::rethrow_exception(thrown);
}

int foreground::signal() {
  loop_.restart();
  loop_.poll();
  return signal_;
}

}  // namespace lastcall::app
