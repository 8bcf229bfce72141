#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>

namespace lastcall {

using steady_time = std::chrono::steady_clock::time_point;
using wall_time = std::chrono::system_clock::time_point;

/// A wait that can be ended early. Used on one strand only: the executor it was made with.
class timer {
 public:
  virtual ~timer() = default;
  /// Waits until `when`. True: the time has come. False: `wake` was called or the coroutine was cancelled.
  /// Several coroutines may wait on one timer only if all wait for the same time.
  virtual boost::asio::awaitable<bool> wait_until(steady_time when) = 0;
  /// Ends the waits that are under way; without one it has no effect and is not remembered.
  virtual void wake() noexcept = 0;
};

/// Time, as the program sees it. The simulator replaces it: nothing else may ask for the time.
/// `now` and `wall_now` may be called from any thread.
class clock {
 public:
  virtual ~clock() = default;
  virtual steady_time now() const noexcept = 0;
  /// The time of day, for signatures and dates; it may jump.
  virtual wall_time wall_now() const noexcept = 0;
  virtual std::unique_ptr<timer> make_timer(const boost::asio::any_io_executor&) = 0;
};

/// The machine's clocks and Asio's timers. Needs an `io_context` behind the executor.
clock& real_clock();

/// Waits on the current executor. False: cancelled before the time came.
boost::asio::awaitable<bool> sleep_until(clock&, steady_time when);
boost::asio::awaitable<bool> sleep_for(clock&, std::chrono::nanoseconds);

}  // namespace lastcall
