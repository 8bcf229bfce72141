#pragma once

#include <boost/asio/cancellation_state.hpp>

namespace lastcall {

/// Notices a cancellation that came when an operation had already succeeded: it has ended nothing, and
/// whoever goes on to the next operation would wait there as if nothing had happened. Made at the start of a
/// function with several operations and asked after each. A cancellation from before is none: tasks that were
/// cancelled may still owe work.
///
///     const cancellation_watch watch(co_await asio::this_coro::cancellation_state);
class cancellation_watch {
 public:
  explicit cancellation_watch(const boost::asio::cancellation_state& state) noexcept
      : state_(state), before_(state.cancelled()) {}
  bool has_fired() const noexcept { return state_.cancelled() != before_; }

 private:
  boost::asio::cancellation_state state_;
  boost::asio::cancellation_type before_;
};

}  // namespace lastcall
