#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <memory>
#include <optional>
#include <utility>

namespace lastcall {

/// A value that one coroutine waits for and another sets, once. Waiting can't be cancelled: whoever owes the
/// value sets it in every case. Used on one strand only.
template <class T>
class one_shot {
 public:
  bool is_set() const noexcept { return value_.has_value(); }

  /// The first call counts; the waiter resumes through its executor, not inside this call.
  void set(T value) {
    if (value_) return;
    value_.emplace(std::move(value));
    if (std::unique_ptr<waiting> waiter = std::move(waiter_)) waiter->resume();
  }

  /// One waiter, once.
  boost::asio::awaitable<T> wait() {
    if (!value_) {
      assert(!waiter_ && "a one_shot has one waiter");
      auto initiate = [this](auto handler) {
        waiter_ = std::make_unique<waiting_with<decltype(handler)>>(std::move(handler));
      };
      co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
          initiate, boost::asio::use_awaitable);
    }
    co_return std::move(*value_);
  }

 private:
  struct waiting {
    virtual ~waiting() = default;
    virtual void resume() = 0;
  };
  template <class Handler>
  struct waiting_with final : waiting {
    explicit waiting_with(Handler h) : handler(std::move(h)) {}
    void resume() override {
      auto executor = boost::asio::get_associated_executor(handler);
      boost::asio::post(executor, std::move(handler));
    }
    Handler handler;
  };

  std::optional<T> value_;
  std::unique_ptr<waiting> waiter_;
};

}  // namespace lastcall
