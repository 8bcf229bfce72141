#include "http/client.hpp"

#include "base/encoding.hpp"
#include "base/url.hpp"
#include "http/pool.hpp"
#include "http/serializer.hpp"
#include "runtime/cancellation.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace lastcall::http {

namespace asio = boost::asio;

namespace {

/// host:port as it is written in Host: without the port that the scheme implies (RFC 9110 §7.2).
std::string host_header(const origin& to) {
  return authority(to.host, to.port == (to.tls ? 443 : 80) ? 0 : to.port);
}

error at(const origin& to, error e) {
  e.message =
      (to.tls ? "https://" : "http://") + printable(authority(to.host, to.port), 200) + ": " + e.message;
  return e;
}

}  // namespace

struct client::state {
  state(const asio::any_io_executor& executor, clock& c, dialer& d, tls_context* t, client_options o)
      : time(c),
        dial(d),
        tls(t),
        options(o),
        idle(std::make_shared<pool>(executor, c, o.idle_timeout, o.idle_per_origin)) {}

  clock& time;
  dialer& dial;
  tls_context* tls;
  client_options options;
  std::shared_ptr<pool> idle;
  std::uint64_t connections_made{0};

  asio::awaitable<result<std::unique_ptr<client_connection>>> connect(const origin& to, steady_time deadline);
};

asio::awaitable<result<std::unique_ptr<client_connection>>> client::state::connect(const origin& to,
                                                                                   steady_time deadline) {
  if (to.tls && tls == nullptr) co_return error{error_kind::invalid, "", "this client was made without TLS"};
  const steady_time until = std::min(deadline, time.now() + options.connect_timeout);
  result<std::unique_ptr<stream>> connected = co_await dial.connect(to.host, to.port, until);
  if (!connected) co_return connected.error();
  ++connections_made;
  if (to.tls) {
    (*connected)->expires_at(until);
    const result<void> secured = co_await (*connected)->start_tls(*tls, to.host);
    if (!secured) co_return secured.error();
  }
  const message_limits limits{options.max_header_bytes, options.max_body_bytes};
  co_return std::make_unique<client_connection>(std::move(*connected), limits);
}

client::client(const asio::any_io_executor& executor, clock& clock, dialer& dialer, tls_context* tls,
               client_options options)
    : state_(std::make_unique<state>(executor, clock, dialer, tls, options)) {}

client::~client() { close(); }

asio::awaitable<result<response>> client::send(const origin& to, const request& what, steady_time deadline) {
  state& it = *state_;
  const cancellation_watch watch(co_await asio::this_coro::cancellation_state);
  std::string wire;
  wire.reserve(what.body.size() + 1024);
  const std::string host = host_header(to);
  if (const result<void> written = serialize(what, host, true, wire); !written)
    co_return at(to, written.error());

  std::unique_ptr<client_connection> connection = it.idle->take(to);
  if (!connection) {
    result<std::unique_ptr<client_connection>> made = co_await it.connect(to, deadline);
    if (!made) co_return at(to, made.error());
    connection = std::move(*made);
  }
  if (watch.has_fired()) co_return at(to, error{error_kind::cancelled, "", "cancelled"});
  result<response> answer = co_await connection->exchange(wire, what.method == "HEAD", deadline);
  if (!answer) co_return at(to, answer.error());
  it.idle->keep(to, std::move(connection));
  co_return answer;
}

void client::close() noexcept { state_->idle->close(); }
std::uint64_t client::connections_made() const noexcept { return state_->connections_made; }

}  // namespace lastcall::http
