#pragma once

#include "base/error.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace lastcall {

class tls_context;

/// A connection, as bytes. The simulator replaces it. Used on one strand only; one read and one write at a
/// time. Cancelling the coroutine during an operation ends it with `error_kind::cancelled`; afterwards the
/// stream can only be closed, as after any error.
class stream {
 public:
  virtual ~stream() = default;
  /// Reads at least one byte, returns how many. The peer's end is `error_kind::network` with the code "eof".
  virtual boost::asio::awaitable<result<std::size_t>> read_some(boost::asio::mutable_buffer) = 0;
  /// Writes all of it.
  virtual boost::asio::awaitable<result<void>> write(boost::asio::const_buffer) = 0;
  /// Becomes TLS from here on, as a client that verifies the peer's certificate for `host`.
  virtual boost::asio::awaitable<result<void>> start_tls(tls_context&, std::string host) = 0;
  /// Becomes TLS from here on, as a server with the context's certificate.
  virtual boost::asio::awaitable<result<void>> accept_tls(tls_context&) = 0;
  /// Operations that have not completed by `when` end with `error_kind::timeout`: those under way and later
  /// ones. `steady_time::max()` takes the limit away.
  virtual void expires_at(steady_time when) = 0;
  /// Whether nothing has come from the peer, not even its end: an idle connection in this state may be used
  /// again.
  virtual bool is_quiet() noexcept = 0;
  /// Ends what is under way with `error_kind::cancelled` and closes at once. Idempotent.
  virtual void close() noexcept = 0;
  /// The peer's address, host:port, for logs.
  virtual std::string peer() const = 0;
};

/// Makes connections. The simulator replaces it.
class dialer {
 public:
  virtual ~dialer() = default;
  /// Resolves and connects by plain TCP, trying each address, until `deadline`; runs on the caller's
  /// executor. An error has the code "resolve" or "connect".
  virtual boost::asio::awaitable<result<std::unique_ptr<stream>>> connect(std::string host,
                                                                          std::uint16_t port,
                                                                          steady_time deadline) = 0;
};

/// Accepts connections.
class listener {
 public:
  virtual ~listener() = default;
  /// The next connection. After `close` it ends with `error_kind::cancelled`.
  virtual boost::asio::awaitable<result<std::unique_ptr<stream>>> accept() = 0;
  virtual void close() noexcept = 0;
  /// Where it listens, host:port, with the port that was really taken.
  virtual std::string address() const = 0;
  virtual std::uint16_t port() const = 0;
};

}  // namespace lastcall
