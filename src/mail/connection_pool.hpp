#pragma once

#include "mail/connection.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace lastcall::mail {

/// Idle connections to one server, ready for their next transaction. Used on one strand only.
class connection_pool {
 public:
  /// Connections are closed, with QUIT, once they were idle for `idle_timeout` or have carried
  /// `max_transactions`.
  connection_pool(const boost::asio::any_io_executor&, clock&, std::chrono::nanoseconds idle_timeout,
                  std::size_t max_transactions);
  ~connection_pool();
  connection_pool(const connection_pool&) = delete;
  connection_pool& operator=(const connection_pool&) = delete;

  /// The connection that was used last, if the server has not closed it, or said something, in the meantime;
  /// null if there is none.
  std::unique_ptr<connection> take() noexcept;
  /// Takes a connection back. One that is of no further use is closed.
  void give_back(std::unique_ptr<connection>);
  std::size_t idle() const noexcept;
  /// Closes all idle connections, and from now on those that come back. Completes when they are closed.
  boost::asio::awaitable<void> stop();

 private:
  struct state;
  static boost::asio::awaitable<void> reap(std::shared_ptr<state>);
  static boost::asio::awaitable<void> dismiss(std::shared_ptr<state>, std::unique_ptr<connection>);
  std::shared_ptr<state> state_;
};

}  // namespace lastcall::mail
