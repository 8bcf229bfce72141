#pragma once

#include "http/client_connection.hpp"
#include "http/transport.hpp"
#include "runtime/clock.hpp"
#include "runtime/wakeup.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <deque>
#include <map>
#include <memory>

namespace lastcall::http {

/// Idle connections, by origin. The one that rested the shortest is used first, so that the surplus gets old
/// and is closed. Used on one strand only; shared with the coroutine that closes the old ones.
class pool : public std::enable_shared_from_this<pool> {
 public:
  pool(const boost::asio::any_io_executor&, clock&, std::chrono::nanoseconds idle_timeout,
       std::size_t per_origin);

  /// A connection that may be used at once, or none. Those that the peer has closed meanwhile are dropped.
  std::unique_ptr<client_connection> take(const origin&);
  /// Keeps the connection for later, or closes it: if it may not be used again, if there are enough, after
  /// `close`.
  void keep(const origin&, std::unique_ptr<client_connection>);
  /// Closes all, and those that are given back from now on.
  void close() noexcept;
  std::size_t idle() const noexcept;

 private:
  struct resting {
    std::unique_ptr<client_connection> connection;
    steady_time since;
  };

  static boost::asio::awaitable<void> close_old(std::shared_ptr<pool>);
  /// Closes those that are too old and returns when the next one will be.
  steady_time sweep();

  boost::asio::any_io_executor executor_;
  clock& clock_;
  std::chrono::nanoseconds idle_timeout_;
  std::size_t per_origin_;
  std::map<origin, std::deque<resting>> resting_;
  std::unique_ptr<timer> timer_;
  bool is_sweeping_{false};
  bool is_closed_{false};
};

}  // namespace lastcall::http
