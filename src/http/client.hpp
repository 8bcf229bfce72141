#pragma once

#include "base/error.hpp"
#include "http/message.hpp"
#include "http/transport.hpp"
#include "runtime/clock.hpp"
#include "runtime/stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace lastcall::http {

struct client_options {
  std::chrono::nanoseconds connect_timeout{std::chrono::seconds(5)};
  /// An idle connection is closed after this long; below the 60 s or so after which servers close theirs.
  std::chrono::nanoseconds idle_timeout{std::chrono::seconds(30)};
  std::size_t idle_per_origin{64};
  std::size_t max_header_bytes{64 * 1024};
  std::size_t max_body_bytes{32 * 1024 * 1024};
};

/// HTTP/1.1 with a pool of kept-alive connections. Used on one strand only: the executor it was made with.
class client final : public transport {
 public:
  client(const boost::asio::any_io_executor&, clock&, dialer&, tls_context*, client_options = {});
  ~client() override;
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Sends the request and returns the answer, whatever its status. Host is written from the origin unless
  /// the request brings its own. Completes by `deadline`; cancelling the coroutine ends it at once. In both
  /// cases, and after any error, the connection is closed, and what the server has done is unknown. A
  /// connection on which the server has closed while it was idle is noticed before it is used.
  boost::asio::awaitable<result<response>> send(const origin&, const request&, steady_time deadline) override;

  /// Closes idle connections, and those in use when they end. Requests under way go on.
  void close() noexcept;
  /// Connections made since the start, for reports and benchmarks.
  std::uint64_t connections_made() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace lastcall::http
