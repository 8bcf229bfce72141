#pragma once

#include "runtime/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace lastcall::testing {

/// Virtual time over an `io_context` that only the test runs. Time moves when the test says so; timers fire
/// in the order of their times (of equal times: in the order of the waits), and everything that a timer sets
/// off runs before the next one fires.
///
///     asio::io_context context;
///     manual_clock clock(context);
///     ...spawn something...
///     clock.run_ready();             // until nothing is ready
///     clock.advance(30s);            // the timers of the next 30 s, one after the other
///     clock.run(some_awaitable());   // to its end, time jumping from timer to timer
class manual_clock final : public clock {
 public:
  explicit manual_clock(boost::asio::io_context& context) : context_(context) {}
  manual_clock(const manual_clock&) = delete;
  manual_clock& operator=(const manual_clock&) = delete;

  steady_time now() const noexcept override { return schedule_->now; }
  wall_time wall_now() const noexcept override {
    return wall_start_ + std::chrono::duration_cast<wall_time::duration>(schedule_->now - start());
  }
  std::unique_ptr<timer> make_timer(const boost::asio::any_io_executor& executor) override {
    return std::make_unique<manual_timer>(schedule_, executor);
  }

  /// Sets the time of day without touching the steady clock: a jump, as by NTP.
  void set_wall(wall_time now) {
    wall_start_ = now - std::chrono::duration_cast<wall_time::duration>(schedule_->now - start());
  }
  /// How much time has passed since the clock was made.
  std::chrono::nanoseconds elapsed() const noexcept { return schedule_->now - start(); }
  /// How many waits for a time (not: for `wake` alone) are under way.
  std::size_t waiting() const noexcept {
    return static_cast<std::size_t>(
        std::distance(schedule_->waits.begin(), schedule_->waits.lower_bound({steady_time::max(), 0})));
  }

  /// Runs what is ready, until nothing is. No time passes.
  void run_ready() {
    if (context_.stopped()) context_.restart();
    while (context_.poll() != 0) {
    }
  }
  /// Lets time pass, firing the timers on the way.
  void advance(std::chrono::nanoseconds duration) {
    const steady_time target = schedule_->now + duration;
    run_ready();
    while (!schedule_->waits.empty() && schedule_->waits.begin()->first.first <= target)
      fire_next();
    schedule_->now = std::max(schedule_->now, target);
  }
  /// Jumps to the next timer and fires it. False: there is none.
  bool advance_to_next() {
    run_ready();
    if (schedule_->waits.empty() || schedule_->waits.begin()->first.first == steady_time::max()) return false;
    fire_next();
    return true;
  }
  /// Runs the coroutine to its end, time jumping from timer to timer, and returns (or throws) what it does.
  /// Throws if it can't end: nothing is ready and no timer is set.
  template <class T>
  T run(boost::asio::awaitable<T> task) {
    std::exception_ptr thrown;
    if constexpr (std::is_void_v<T>) {
      bool done = false;
      boost::asio::co_spawn(context_, std::move(task), [&](std::exception_ptr e) {
        thrown = e;
        done = true;
      });
      run_until([&] { return done; });
      if (thrown) std::rethrow_exception(thrown);
    } else {
      std::optional<T> value;
      boost::asio::co_spawn(context_, std::move(task), [&](std::exception_ptr e, T v) {
        thrown = e;
        value.emplace(std::move(v));
      });
      run_until([&] { return value.has_value(); });
      if (thrown) std::rethrow_exception(thrown);
      return std::move(*value);
    }
  }
  /// Runs, time jumping from timer to timer, until `done()`. Throws if that can't come.
  template <class Done>
  void run_until(Done done) {
    run_ready();
    while (!done())
      if (!advance_to_next() && !done())
        throw std::logic_error(
            "stuck: nothing is ready and no timer is set, and what was awaited has not come");
  }

 private:
  /// A wait under way: parked on a timer that never expires, until the clock or `wake` cancels that.
  struct wait {
    wait(const timer* made_by, const boost::asio::any_io_executor& executor)
        : owner(made_by), parked(executor, std::chrono::steady_clock::time_point::max()) {}
    const timer* owner;
    boost::asio::steady_timer parked;
    bool is_due{false};
  };

  /// Shared with the waits: a test may end, and its clock with it, before the context drops its coroutines.
  struct schedule {
    using key = std::pair<steady_time, std::uint64_t>;
    steady_time now{start()};
    std::map<key, wait*> waits;
    std::uint64_t next{0};
  };

  class registration {
   public:
    registration(std::shared_ptr<schedule> in, steady_time when, wait& w)
        : schedule_(std::move(in)), key_(when, schedule_->next++) {
      schedule_->waits.emplace(key_, &w);
    }
    ~registration() { schedule_->waits.erase(key_); }
    registration(const registration&) = delete;
    registration& operator=(const registration&) = delete;

   private:
    std::shared_ptr<schedule> schedule_;
    schedule::key key_;
  };

  class manual_timer final : public timer {
   public:
    manual_timer(std::shared_ptr<schedule> in, const boost::asio::any_io_executor& executor)
        : schedule_(std::move(in)), executor_(executor) {}

    boost::asio::awaitable<bool> wait_until(steady_time when) override {
      if (when <= schedule_->now) {
        co_await boost::asio::post(executor_, boost::asio::use_awaitable);
        co_return true;
      }
      wait here(this, executor_);
      const registration entry(schedule_, when, here);
      co_await here.parked.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      co_return here.is_due;
    }
    void wake() noexcept override {
      for (auto& [key, wait] : schedule_->waits)
        if (wait->owner == this) wait->parked.cancel();
    }

   private:
    std::shared_ptr<schedule> schedule_;
    boost::asio::any_io_executor executor_;
  };

  static constexpr steady_time start() { return steady_time(std::chrono::hours(1)); }

  void fire_next() {
    const auto first = schedule_->waits.begin();
    schedule_->now = std::max(schedule_->now, first->first.first);
    wait& due = *first->second;
    schedule_->waits.erase(first);
    due.is_due = due.parked.cancel() != 0;  // nothing to cancel: it was woken or cancelled before its time
    run_ready();
  }

  boost::asio::io_context& context_;
  std::shared_ptr<schedule> schedule_{std::make_shared<schedule>()};
  wall_time wall_start_{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
};

}  // namespace lastcall::testing
