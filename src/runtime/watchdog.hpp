#pragma once

#include "runtime/clock.hpp"

#include <functional>
#include <memory>

namespace lastcall {

/// Calls a function when a deadline has passed. Made for deadlines that move with every request and almost
/// never come: one wait serves many of them. It lasts until the earliest deadline since it began, and looks
/// again then; so to move the deadline away costs no timer. Used on one strand only.
class watchdog {
 public:
  /// `bark` is called at most once for each deadline that was set, on the executor, never from within a
  /// member.
  watchdog(clock&, const boost::asio::any_io_executor&, std::function<void()> bark);
  /// `bark` is not called any more.
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  /// Replaces the deadline; `steady_time::max()` takes it away.
  void expires_at(steady_time when);
  steady_time deadline() const noexcept;

 private:
  struct state;
  static boost::asio::awaitable<void> watch(std::shared_ptr<state>);
  std::shared_ptr<state> state_;
};

}  // namespace lastcall
