#include "runtime/tcp_connect.hpp"

#include "runtime/cancellation.hpp"
#include "runtime/tcp_stream.hpp"
#include "runtime/wakeup.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <list>
#include <memory>
#include <optional>
#include <sys/socket.h>

namespace lastcall {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// RFC 8305 §5, "Connection Attempt Delay".
constexpr std::chrono::milliseconds attempt_delay{250};

error_code open(auto& socket, const tcp& protocol) {
  error_code problem;
  const int fd = ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {errno, boost::system::system_category()};
  socket.assign(protocol, fd, problem);
  if (problem) ::close(fd);
  return problem;
}

/// The attempts to reach one peer. Shared with their handlers, which may come when the race is over.
struct race {
  race(clock& clock, const asio::any_io_executor& executor) : changed(clock, executor) {}

  wakeup changed;
  std::list<tcp::socket> attempts;
  std::size_t under_way{0};
  std::optional<tcp::socket> winner;
  error_code problem;
};

void attempt(const std::shared_ptr<race>& race, const asio::any_io_executor& executor,
             const tcp::endpoint& to) {
  tcp::socket& socket = race->attempts.emplace_back(executor);
  if (const error_code problem = open(socket, to.protocol())) {
    race->problem = problem;
    return;
  }
  ++race->under_way;
  socket.async_connect(to, [race, &socket](error_code problem) {
    --race->under_way;
    if (problem)
      race->problem = problem;
    else if (!race->winner)
      race->winner = std::move(socket);
    race->changed.notify();
  });
}

/// Ends the attempts that have not won, also when the coroutine that holds it is cancelled or dropped.
struct race_end {
  explicit race_end(std::shared_ptr<race> r) : of(std::move(r)) {}
  ~race_end() {
    error_code ignored;
    for (tcp::socket& attempt : of->attempts)
      attempt.close(ignored);
  }
  race_end(const race_end&) = delete;
  race_end& operator=(const race_end&) = delete;
  std::shared_ptr<race> of;
};

error not_connected(const std::string& peer, error_code problem) {
  std::string message = "can't connect to " + peer + ": " + problem.message();
  if (problem == asio::error::connection_refused) message += "; is it running, and is the port right?";
  return error{error_kind::network, "connect", std::move(message)};
}

}  // namespace

error_code open_socket(tcp::socket& socket, const tcp& protocol) { return open(socket, protocol); }
error_code open_socket(tcp::acceptor& acceptor, const tcp& protocol) { return open(acceptor, protocol); }

asio::awaitable<result<std::unique_ptr<stream>>> connect_first(std::vector<tcp::endpoint> endpoints,
                                                               std::string peer, clock& clock,
                                                               steady_time deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const cancellation_watch watch(co_await asio::this_coro::cancellation_state);
  const auto to_peer = std::make_shared<race>(clock, executor);
  const race_end end(to_peer);
  for (auto next = endpoints.begin(); next != endpoints.end() || to_peer->under_way != 0;) {
    if (next != endpoints.end()) attempt(to_peer, executor, *next++);
    const bool has_more = next != endpoints.end();
    const steady_time until = has_more ? std::min(deadline, clock.now() + attempt_delay) : deadline;
    if (to_peer->under_way != 0) co_await to_peer->changed.wait_until(until);
    if (to_peer->winner) co_return make_tcp_stream(std::move(*to_peer->winner), clock);
    if (watch.has_fired()) co_return error{error_kind::cancelled, "", "cancelled"};
    if (clock.now() >= deadline)
      co_return error{error_kind::timeout, "connect", peer + " did not accept a connection in time"};
  }
  co_return not_connected(peer, to_peer->problem);
}

}  // namespace lastcall
