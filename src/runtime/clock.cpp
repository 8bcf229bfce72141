#include "runtime/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lastcall {
namespace asio = boost::asio;
namespace {

class real_timer final : public timer {
 public:
  explicit real_timer(const asio::any_io_executor& executor) : timer_(executor) {}

  asio::awaitable<bool> wait_until(steady_time when) override {
    if (timer_.expiry() != when) timer_.expires_at(when);
    const auto [problem] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return !problem;
  }
  void wake() noexcept override { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};

class machine_clock final : public clock {
 public:
  steady_time now() const noexcept override { return std::chrono::steady_clock::now(); }
  wall_time wall_now() const noexcept override { return std::chrono::system_clock::now(); }
  std::unique_ptr<timer> make_timer(const asio::any_io_executor& executor) override {
    return std::make_unique<real_timer>(executor);
  }
};

}  // namespace

clock& real_clock() {
  static machine_clock clock;
  return clock;
}

asio::awaitable<bool> sleep_until(clock& clock, steady_time when) {
  const auto executor = co_await asio::this_coro::executor;
  const std::unique_ptr<timer> timer = clock.make_timer(executor);
  co_return co_await timer->wait_until(when);
}

asio::awaitable<bool> sleep_for(clock& clock, std::chrono::nanoseconds duration) {
  const steady_time when = clock.now() + duration;
  co_return co_await sleep_until(clock, when);
}

}  // namespace lastcall
