#include "simulation/byte_network.hpp"

#include "runtime/cancellation.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace lastcall::simulation {
namespace asio = boost::asio;

using namespace std::chrono_literals;

namespace {

error cancelled() { return {error_kind::cancelled, "", "cancelled"}; }
error late() { return {error_kind::timeout, "", "no answer in time"}; }
error broken() { return {error_kind::network, "reset", "connection reset"}; }
error ended() { return {error_kind::network, "eof", "the peer closed the connection"}; }

connection::side other(connection::side s) {
  return s == connection::client ? connection::server : connection::client;
}

}  // namespace

/// An end in the hands of its owner.
class byte_network::stream_end final : public stream {
 public:
  stream_end(byte_network& network, connection_ptr c, connection::side side)
      : network_(network), connection_(std::move(c)), side_(side), end_(connection_->ends[side]) {
    end_.changed = end_.where->make_timer(end_.where->get_executor());
  }
  ~stream_end() override {
    close();
    end_.changed.reset();
  }
  stream_end(const stream_end&) = delete;
  stream_end& operator=(const stream_end&) = delete;

  asio::awaitable<result<std::size_t>> read_some(asio::mutable_buffer into) override {
    const cancellation_watch watch(co_await asio::this_coro::cancellation_state);
    for (;;) {
      if (end_.closed || watch.has_fired()) co_return cancelled();
      if (end_.where->now() >= end_.expires) co_return late();
      if (end_.broken) co_return broken();
      if (!end_.arrived.empty()) break;
      if (end_.ended) co_return ended();
      co_await end_.changed->wait_until(end_.expires);
    }
    const std::size_t n = std::min(into.size(), end_.arrived.size());
    std::memcpy(into.data(), end_.arrived.data(), n);
    end_.arrived.erase(0, n);
    co_return n;
  }
  /// The system takes all of it at once: what it does with it is seen later.
  asio::awaitable<result<void>> write(asio::const_buffer from) override {
    if (end_.closed) co_return cancelled();
    if (end_.where->now() >= end_.expires) co_return late();
    if (end_.broken) co_return broken();
    const std::string_view bytes(static_cast<const char*>(from.data()), from.size());
    if (side_ == connection::client && connection_->host->on_write) connection_->host->on_write(bytes);
    network_.carry(connection_, other(side_), bytes);
    co_return result<void>();
  }
  asio::awaitable<result<void>> start_tls(tls_context&, std::string) override { co_return no_tls(); }
  asio::awaitable<result<void>> accept_tls(tls_context&) override { co_return no_tls(); }
  void expires_at(steady_time when) override {
    end_.expires = when;
    end_.changed->wake();
  }
  bool is_quiet() noexcept override {
    return !end_.closed && !end_.ended && !end_.broken && end_.arrived.empty();
  }
  void close() noexcept override {
    if (std::exchange(end_.closed, true)) return;
    network_.closed(connection_, side_);
    end_.changed->wake();
  }
  std::string peer() const override { return side_ == connection::client ? "sqs:80" : "client"; }

 private:
  static error no_tls() { return {error_kind::tls, "", "the simulated network has no TLS"}; }

  byte_network& network_;
  connection_ptr connection_;
  connection::side side_;
  connection_end& end_;
};

class byte_network::client_dialer final : public dialer {
 public:
  client_dialer(byte_network& network, std::shared_ptr<network_host> host)
      : network_(network), host_(std::move(host)) {}
  asio::awaitable<result<std::unique_ptr<stream>>> connect(std::string, std::uint16_t,
                                                           steady_time deadline) override {
    return network_.connect(host_, deadline);
  }

 private:
  byte_network& network_;
  std::shared_ptr<network_host> host_;
};

byte_network::byte_network(lane& world, const plan& p)
    : world_(world), faults_(p.faults), byte_faults_(p.faults.bytes), dice_(p.seed ^ 0xb17e) {}

void byte_network::listen(lane& of_server, acceptor a) {
  of_server_ = &of_server;
  accept_ = std::move(a);
}

std::unique_ptr<dialer> byte_network::dialer_for(std::shared_ptr<network_host> host) {
  return std::make_unique<client_dialer>(*this, std::move(host));
}

asio::awaitable<bool> byte_network::pass_time(network_host& host, steady_time until) {
  const std::unique_ptr<timer> sleep = host.where.make_timer(host.where.get_executor());
  host.connecting.insert(sleep.get());
  const bool passed = co_await sleep->wait_until(until);
  host.connecting.erase(sleep.get());
  co_return passed && !host.is_cut;
}

asio::awaitable<result<std::unique_ptr<stream>>> byte_network::connect(std::shared_ptr<network_host> host,
                                                                       steady_time deadline) {
  if (host->is_cut || is_closed_) co_return broken();
  const std::optional<bool> down = outage();
  const bool hangs =
      (down && !*down && dice_.happens(0.5)) || (!is_calm_ && dice_.happens(byte_faults_.unreachable));
  const bool is_refused = (down && !*down) || (!is_calm_ && dice_.happens(byte_faults_.refused));
  if (hangs || is_refused) ++counts_.unconnected;
  const steady_time there_and_back = host->where.now() + latency() + latency();
  const steady_time until = hangs ? deadline : std::min(deadline, there_and_back);
  const bool passed = co_await pass_time(*host, until);
  if (!passed) co_return host->is_cut ? broken() : cancelled();
  if (hangs || there_and_back > deadline)
    co_return error{error_kind::timeout, "connect", "no connection in time"};
  if (is_refused) co_return error{error_kind::network, "connect", "connection refused"};
  const auto c = std::make_shared<connection>();
  c->host = host;
  c->ends[connection::client].where = &host->where;
  c->ends[connection::server].where = of_server_;
  ++counts_.connections;
  ++host->open;
  host->connections.insert(c.get());
  std::unique_ptr<stream> mine = std::make_unique<stream_end>(*this, c, connection::client);
  accept_(c, std::make_unique<stream_end>(*this, c, connection::server));
  co_return mine;
}

void byte_network::cut(network_host& host) {
  host.is_cut = true;
  for (connection* c : host.connections) {
    connection_end& end = c->ends[connection::client];
    end.broken = true;
    if (end.changed) end.changed->wake();
  }
  for (timer* sleep : host.connecting)
    sleep->wake();
}

void byte_network::at_end(const connection_ptr& c, connection::side side, std::chrono::nanoseconds after,
                          connection_end::change change) {
  if (is_closed_) return;
  connection_end& end = c->ends[side];
  end.last_arrival = std::max(end.last_arrival, world_.now() + after);
  end.coming.push_back(std::move(change));
  world_.at(end.last_arrival, [c, side] {
    connection_end& there = c->ends[side];
    const auto next = std::move(there.coming.front());
    there.coming.pop_front();
    next(c, there);
    if (there.changed) there.changed->wake();
  });
}

void byte_network::bring(const connection_ptr& c, connection::side to, std::string bytes,
                         std::chrono::nanoseconds after) {
  at_end(c, to, after, [this, to, bytes = std::move(bytes)](const connection_ptr& on, connection_end& there) {
    if (there.closed)
      bring_end(on, other(to), true);  // nobody is there any more: the system answers with a reset
    else
      there.arrived += bytes;
  });
}

void byte_network::bring_end(const connection_ptr& c, connection::side to, bool is_reset) {
  if (c->ends[to].is_a_hole) return;
  at_end(c, to, latency(), [is_reset](const connection_ptr&, connection_end& there) {
    (is_reset ? there.broken : there.ended) = true;
  });
}

void byte_network::carry(const connection_ptr& c, connection::side to, std::string_view bytes) {
  if (c->host->is_cut && to == connection::server) return;
  connection_end& there = c->ends[to];
  if (there.is_a_hole) return;
  const std::optional<bool> down = outage();
  if (down && !*down) {
    ++counts_.in_outage;
    there.is_a_hole = true;
    return;
  }
  if (to == connection::server) ++counts_.exchanges;
  const fate f = draw(to);
  if (f != fate::fine) bytes = bytes.substr(0, dice_.below(bytes.size() + 1));
  const bool dribbles = !is_calm_ && dice_.happens(byte_faults_.dribble);
  const std::size_t pieces = dribbles                            ? dice_.between(2, 20)
                             : dice_.happens(byte_faults_.split) ? dice_.between(2, 4)
                                                                 : 1;
  if (dribbles) ++counts_.dribbles;
  for (std::size_t left = pieces; !bytes.empty(); --left) {
    const std::size_t n = left <= 1 ? bytes.size() : dice_.between(1, bytes.size());
    const auto pause = dribbles ? dice_.between(0ns, byte_faults_.dribble_pause) : 0ns;
    if (dribbles) there.last_arrival = std::max(there.last_arrival, world_.now()) + pause;
    bring(c, to, std::string(bytes.substr(0, n)), left == pieces ? latency() : 0ns);
    bytes.remove_prefix(n);
  }
  if (f == fate::fine) return;
  if (f != fate::lost) {
    bring_end(c, to, f == fate::reset);
    bring_end(c, other(to), true);
  }
  there.is_a_hole = true;
}

void byte_network::closed(const connection_ptr& c, connection::side by) {
  if (by == connection::client) {
    --c->host->open;
    c->host->connections.erase(c.get());
  }
  const bool is_cut = by == connection::client && c->host->is_cut;
  if (is_cut && dice_.happens(0.2)) return;  // with the machine: nobody says goodbye
  bring_end(c, other(by), is_cut);
}

byte_network::fate byte_network::draw(connection::side to) {
  if (is_calm_) return fate::fine;
  const bool is_request = to == connection::server;
  const auto hit = [&](double rate, std::uint64_t& count) {
    if (!dice_.happens(rate)) return false;
    ++count;
    return true;
  };
  if (hit(is_request ? faults_.request_lost : faults_.answer_lost,
          is_request ? counts_.requests_lost : counts_.answers_lost))
    return fate::lost;
  if (hit(is_request ? faults_.request_reset : faults_.answer_reset,
          is_request ? counts_.requests_reset : counts_.answers_reset))
    return dice_.happens(0.5) ? fate::reset : fate::cut_short;
  return fate::fine;
}

std::chrono::nanoseconds byte_network::latency() {
  if (!is_calm_ && dice_.happens(faults_.slow)) {
    ++counts_.slow;
    return dice_.between(faults_.latency_least, faults_.slow_most);
  }
  return dice_.between(faults_.latency_least, faults_.latency_most);
}

std::optional<bool> byte_network::outage() const {
  if (is_calm_) return std::nullopt;
  const auto at = world_.now() - scheduler::start();
  for (const fault_plan::outage& o : faults_.outages)
    if (at >= o.from && at < o.to) return o.answers;
  return std::nullopt;
}

}  // namespace lastcall::simulation
