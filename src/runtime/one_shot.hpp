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
  /// The first call counts; the waiter resumes through its executor, not inside this call.
  void set(T value) {
    if (std::exchange(is_set_, true)) return;
    if (const std::unique_ptr<waiting> waiter = std::move(waiter_))
      waiter->resume(std::move(value));
    else
      value_.emplace(std::move(value));
  }

  /// One waiter, once.
  boost::asio::awaitable<T> wait() {
    auto initiate = [this](auto handler) {
      assert(!waiter_ && "a one_shot has one waiter");
      auto waiter = std::make_unique<waiting_with<decltype(handler)>>(std::move(handler));
      if (value_)
        waiter->resume(std::move(*value_));
      else
        waiter_ = std::move(waiter);
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
        initiate, boost::asio::use_awaitable);
  }

 private:
  struct waiting {
    virtual ~waiting() = default;
    virtual void resume(T with) = 0;
  };
  template <class Handler>
  struct waiting_with final : waiting {
    explicit waiting_with(Handler h) : handler(std::move(h)) {}
    void resume(T with) override {
      auto executor = boost::asio::get_associated_executor(handler);
      auto go_on = [to = std::move(handler), value = std::move(with)]() mutable {
        std::move(to)(std::move(value));
      };
      boost::asio::post(executor, std::move(go_on));
    }
    Handler handler;
  };

  bool is_set_{false};
  std::optional<T> value_;  ///< set before anyone waited
  std::unique_ptr<waiting> waiter_;
};

}  // namespace lastcall
