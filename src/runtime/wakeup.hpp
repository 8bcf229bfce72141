#pragma once

#include "runtime/clock.hpp"

namespace lastcall {

/// Tells one waiting coroutine that something has changed; remembered if nobody waits yet, so that a change
/// between looking and waiting is not missed. Used on one strand only.
class wakeup {
 public:
  wakeup(clock& clock, const boost::asio::any_io_executor& executor) : timer_(clock.make_timer(executor)) {}

  /// Ends the wait under way, or the next one at once.
  void notify() noexcept {
    notified_ = true;
    timer_->wake();
  }
  /// Waits for `notify` or the time. True: notified. One waiter at a time.
  boost::asio::awaitable<bool> wait_until(steady_time when) {
    if (!notified_) co_await timer_->wait_until(when);
    co_return std::exchange(notified_, false);
  }
  /// Waits for `notify`; returns early, without it, only when the coroutine is cancelled.
  boost::asio::awaitable<bool> wait() { return wait_until(steady_time::max()); }

 private:
  std::unique_ptr<timer> timer_;
  bool notified_{false};
};

}  // namespace lastcall
