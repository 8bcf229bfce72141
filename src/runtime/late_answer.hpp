#pragma once

#include "base/error.hpp"
#include "runtime/wakeup.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace lastcall {

/// The answer of a thread that blocks for as long as it likes and can't be cancelled: coroutines wait for it
/// until their own deadlines, on any executor, and may go without it. Shared by the thread and those who
/// wait.
template <class T>
class late_answer {
 public:
  /// The answer; called once, on any thread.
  void come(result<T> with) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(with);
    for (const waiter* waiting : waiters_)
      boost::asio::post(waiting->executor, [wakeup = waiting->answered] { wakeup->notify(); });
  }
  bool has_come() {
    const std::lock_guard lock(mutex_);
    return answer_.has_value();
  }

  /// The answer, for each who waits. None: it has not come by `deadline`. An error of kind `cancelled`: the
  /// coroutine was cancelled before that.
  boost::asio::awaitable<std::optional<result<T>>> wait_until(clock& clock, steady_time deadline) {
    const auto executor = co_await boost::asio::this_coro::executor;
    bool was_told = false;
    {
      waiter here(*this, clock, executor);
      was_told = co_await here.answered->wait_until(deadline);
    }
    const std::lock_guard lock(mutex_);
    if (answer_) co_return answer_;
    if (clock.now() < deadline && !was_told)
      co_return std::optional<result<T>>(error{error_kind::cancelled, "", "cancelled"});
    co_return std::nullopt;
  }

 private:
  /// Someone who waits. Taken off the list before its executor can go away: then nothing is posted to it.
  struct waiter {
    waiter(late_answer& to, lastcall::clock& clock, const boost::asio::any_io_executor& on)
        : awaited(to), executor(on), answered(std::make_shared<wakeup>(clock, on)) {
      const std::lock_guard lock(awaited.mutex_);
      awaited.waiters_.push_back(this);
      if (awaited.answer_) answered->notify();
    }
    ~waiter() {
      const std::lock_guard lock(awaited.mutex_);
      awaited.waiters_.remove(this);
    }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    late_answer& awaited;
    boost::asio::any_io_executor executor;
    std::shared_ptr<wakeup> answered;
  };

  std::mutex mutex_;
  std::optional<result<T>> answer_;
  std::list<waiter*> waiters_;
};

}  // namespace lastcall
