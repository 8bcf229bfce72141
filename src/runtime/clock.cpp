#include "runtime/clock.hpp"

#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace lastcall {
namespace {

/// Tells the one who waits whether the time has come. A coroutine in between would say the same, at the price of a
/// frame for each job that waits.
template <class Handler>
struct time_came {
  Handler handler;
  void operator()(const boost::system::error_code& problem) { std::move(handler)(!problem); }
};

}  // namespace
}  // namespace lastcall

/// Executor, cancellation slot and allocator are those of the one who waits.
template <template <class, class> class Associator, class Handler, class Candidate>
struct boost::asio::associator<Associator, lastcall::time_came<Handler>, Candidate>
    : Associator<Handler, Candidate> {
  static auto get(const lastcall::time_came<Handler>& waiting) noexcept {
    return Associator<Handler, Candidate>::get(waiting.handler);
  }
  static auto get(const lastcall::time_came<Handler>& waiting, const Candidate& otherwise) noexcept {
    return Associator<Handler, Candidate>::get(waiting.handler, otherwise);
  }
};

namespace lastcall {
namespace asio = boost::asio;
namespace {

class real_timer final : public timer {
 public:
  explicit real_timer(const asio::any_io_executor& executor) : timer_(executor) {}

  asio::awaitable<bool> wait_until(steady_time when) override {
    auto start = [this, when](auto waiting) {
      if (timer_.expiry() != when) timer_.expires_at(when);
      timer_.async_wait(time_came<decltype(waiting)>{std::move(waiting)});
    };
    return asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(start, asio::use_awaitable);
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
  std::unique_ptr<timer> timer;
  {  // a wait should not keep what it does not need
    const auto executor = co_await asio::this_coro::executor;
    timer = clock.make_timer(executor);
  }
  co_return co_await timer->wait_until(when);
}

asio::awaitable<bool> sleep_for(clock& clock, std::chrono::nanoseconds duration) {
  return sleep_until(clock, clock.now() + duration);
}

}  // namespace lastcall
