#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace lastcall::app {

/// A loop for what a command does by itself, on the caller's thread. While it exists SIGTERM and SIGINT are
/// caught, also when this process is PID 1.
class foreground {
 public:
  foreground();
  foreground(const foreground&) = delete;
  foreground& operator=(const foreground&) = delete;

  boost::asio::any_io_executor executor() { return loop_.get_executor(); }
  /// Runs `body` to its end. The first signal cancels it (terminal), the third ends the process. What it
  /// throws comes out here, but not after a signal.
  void run(boost::asio::awaitable<void> body);
  /// The first signal that has come, also before `run` and after; 0: none.
  int signal();

 private:
  void await_signal();

  boost::asio::io_context loop_{1};
  boost::asio::signal_set signals_;
  boost::asio::cancellation_signal cancel_;
  int signal_{0};
  unsigned signals_seen_{0};
};

}  // namespace lastcall::app
