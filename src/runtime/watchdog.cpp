#include "runtime/watchdog.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <utility>

namespace lastcall {

namespace asio = boost::asio;

namespace {
constexpr steady_time never = steady_time::max();
}

/// Shared with the coroutine that waits.
struct watchdog::state {
  state(clock& c, const asio::any_io_executor& e, std::function<void()> b)
      : time(c), executor(e), alarm(c.make_timer(e)), bark(std::move(b)) {}

  clock& time;
  asio::any_io_executor executor;
  std::unique_ptr<timer> alarm;
  std::function<void()> bark;
  steady_time deadline{never};
  steady_time watched{never};  ///< what the wait under way lasts to; never: there is none
};

watchdog::watchdog(clock& clock, const asio::any_io_executor& executor, std::function<void()> bark)
    : state_(std::make_shared<state>(clock, executor, std::move(bark))) {}

watchdog::~watchdog() {
  state_->deadline = never;
  state_->alarm->wake();
}

void watchdog::expires_at(steady_time when) {
  state_->deadline = when;
  if (when >= state_->watched) return;
  const bool is_watching = state_->watched != never;
  state_->watched = when;
  if (is_watching)
    state_->alarm->wake();
  else
    asio::co_spawn(state_->executor, watch(state_), asio::detached);
}

steady_time watchdog::deadline() const noexcept { return state_->deadline; }

asio::awaitable<void> watchdog::watch(std::shared_ptr<state> it) {
  while (it->deadline != never) {
    it->watched = it->deadline;
    co_await it->alarm->wait_until(it->watched);
    if (it->deadline == never || it->time.now() < it->deadline) continue;
    it->deadline = never;
    it->bark();
  }
  it->watched = never;
}

}  // namespace lastcall
