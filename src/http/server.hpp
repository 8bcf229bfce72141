#pragma once

#include "http/message.hpp"
#include "runtime/clock.hpp"
#include "runtime/stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace lastcall {
class tls_context;
}

namespace lastcall::http {

/// What a server serves. Called on the server's strand; several requests may be under way at once.
class service {
 public:
  virtual ~service() = default;
  /// Answers one request. When the client goes while this runs, the coroutine is cancelled (terminal); the
  /// answer is then dropped.
  virtual boost::asio::awaitable<response> handle(const request&) = 0;
};

struct server_options {
  std::chrono::nanoseconds header_timeout{
      std::chrono::seconds(10)};  ///< first byte of a request to its last header
  std::chrono::nanoseconds body_timeout{std::chrono::seconds(30)};
  std::chrono::nanoseconds idle_timeout{std::chrono::seconds(75)};  ///< between two requests of a connection
  std::size_t max_header_bytes{64 * 1024};
  std::size_t max_body_bytes{16 * 1024 * 1024};
  std::size_t max_connections{4096};
  tls_context* tls{nullptr};  ///< HTTPS with this certificate; must outlive the server. nullptr: in the clear
};

/// A small HTTP/1.1 server: keep-alive, Content-Length and chunked bodies, Expect: 100-continue, HEAD.
/// Broken requests are answered with 400, 408, 413, 431 or 505 and the connection is closed. One strand only.
class server {
 public:
  server(const boost::asio::any_io_executor&, clock&, std::unique_ptr<listener>, service&,
         server_options = {});
  /// Stops. What is under way ends when the context runs on, so `run` should have completed before the
  /// service goes.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Accepts connections until `stop`. Completes when every connection has ended.
  boost::asio::awaitable<void> run();
  /// Accepts no more, closes idle connections, cancels requests under way and drops their answers.
  void stop() noexcept;
  std::string address() const;
  std::uint16_t port() const;
  /// Those that are open now.
  std::size_t connections() const noexcept;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace lastcall::http
