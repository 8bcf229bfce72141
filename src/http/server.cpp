#include "http/server.hpp"

#include "base/log.hpp"
#include "http/server_connection.hpp"
#include "runtime/gate.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <list>

namespace lastcall::http {

namespace asio = boost::asio;

namespace {
/// After a failed accept, which is mostly for want of file descriptors.
constexpr std::chrono::milliseconds accept_pause{100};
}  // namespace

/// Shared with the coroutines of its connections.
struct server::state : std::enable_shared_from_this<server::state> {
  state(const asio::any_io_executor& e, clock& c, std::unique_ptr<listener> l, service& s, server_options o)
      : executor(e), time(c), listening(std::move(l)), serving(s), options(o), inside(c, e), changed(c, e) {}

  asio::any_io_executor executor;
  clock& time;
  std::unique_ptr<listener> listening;
  service& serving;
  server_options options;
  std::list<server_connection> connections;
  gate inside;
  wakeup changed;
  bool is_stopping{false};

  static asio::awaitable<void> serve(std::shared_ptr<state>, std::list<server_connection>::iterator,
                                     gate::holder);
  void add(std::unique_ptr<stream>);
  void stop() noexcept;
};

void server::state::add(std::unique_ptr<stream> connected) {
  connections.emplace_back(executor, time, std::move(connected), serving, options);
  asio::co_spawn(executor, serve(shared_from_this(), std::prev(connections.end()), inside.enter()),
                 asio::detached);
}

asio::awaitable<void> server::state::serve(std::shared_ptr<state> it,
                                           std::list<server_connection>::iterator connection, gate::holder) {
  co_await connection->run();
  it->connections.erase(connection);
  it->changed.notify();
}

void server::state::stop() noexcept {
  is_stopping = true;
  listening->close();
  for (server_connection& connection : connections)
    connection.stop();
  changed.notify();
}

server::server(const asio::any_io_executor& executor, clock& clock, std::unique_ptr<listener> listener,
               service& service, server_options options)
    : state_(std::make_shared<state>(executor, clock, std::move(listener), service, options)) {}

server::~server() { stop(); }

asio::awaitable<void> server::run() {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  const std::shared_ptr<state> shared = state_;
  state& it = *shared;
  while (!it.is_stopping) {
    if (it.connections.size() >= it.options.max_connections) {
      co_await it.changed.wait();
      continue;
    }
    result<std::unique_ptr<stream>> accepted = co_await it.listening->accept();
    if (accepted) {
      it.add(std::move(*accepted));
    } else if (accepted.error().kind == error_kind::cancelled) {
      break;
    } else {
      log::warning("no connection could be accepted", {{"why", accepted.error().message}});
      co_await it.changed.wait_until(it.time.now() + accept_pause);
    }
  }
  it.stop();
  co_await it.inside.wait_empty();
}

void server::stop() noexcept { state_->stop(); }
std::string server::address() const { return state_->listening->address(); }
std::uint16_t server::port() const { return state_->listening->port(); }
std::size_t server::connections() const noexcept { return state_->connections.size(); }

}  // namespace lastcall::http
