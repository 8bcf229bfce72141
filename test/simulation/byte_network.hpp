#pragma once

#include "runtime/stream.hpp"
#include "simulation/plan.hpp"
#include "simulation/scheduler.hpp"
#include "simulation/wire.hpp"

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace lastcall::simulation {

class byte_network;

/// One end of a connection, as its system sees it. What the peer sends comes here.
struct connection_end {
  using change = std::function<void(const std::shared_ptr<struct connection>&, connection_end&)>;

  lane* where{};
  std::unique_ptr<timer> changed;  ///< who reads waits here; while the end is open
  std::string arrived;
  steady_time last_arrival{};  ///< what follows comes no sooner
  /// What is on its way here, in order, whatever the order in which the steps that bring it are run.
  std::deque<change> coming;
  steady_time expires{steady_time::max()};
  bool ended{false};      ///< the peer has closed
  bool broken{false};     ///< a reset has come
  bool closed{false};     ///< by its owner
  bool is_a_hole{false};  ///< what is sent here is lost from now on
};

/// Who makes connections: a client in a process.
struct network_host {
  lane& where;
  std::size_t process;
  std::function<void(std::string_view)> on_write;  ///< sees what is sent
  std::size_t open{0};                             ///< connections whose end here is not closed
  bool is_cut{false};
  std::set<timer*> connecting;
  std::set<struct connection*> connections;
};

/// A connection between a client and the server.
struct connection {
  enum side : std::size_t { client, server };
  std::shared_ptr<network_host> host;
  std::array<connection_end, 2> ends;
};
using connection_ptr = std::shared_ptr<connection>;

/// Bytes between clients and the one server, in order within a connection, with all that can happen to them:
/// delays, resets at any byte, silence, half messages, refusals.
class byte_network {
 public:
  byte_network(lane& world, const plan&);

  /// Called in a step of the world when a connection has come up: takes the server's end.
  using acceptor = std::function<void(connection_ptr, std::unique_ptr<stream>)>;
  void listen(lane& of_server, acceptor a);

  std::unique_ptr<dialer> dialer_for(std::shared_ptr<network_host>);
  /// The process is no more: its connections end, and so does everything that it begins.
  void cut(network_host&);
  /// Faults end; connections that are damaged stay so.
  void calm() noexcept { is_calm_ = true; }
  /// The run is over: nothing is carried any more.
  void close() noexcept { is_closed_ = true; }
  /// Whether the service is there and can't do its work.
  bool is_down() const { return outage().value_or(false); }
  fault_counts& counts() noexcept { return counts_; }
  const fault_counts& counts() const noexcept { return counts_; }

 private:
  class stream_end;
  class client_dialer;
  enum class fate { fine, lost, reset, cut_short };

  boost::asio::awaitable<result<std::unique_ptr<stream>>> connect(std::shared_ptr<network_host>,
                                                                  steady_time deadline);
  boost::asio::awaitable<bool> pass_time(network_host&, steady_time until);
  void carry(const connection_ptr&, connection::side to, std::string_view bytes);
  void bring(const connection_ptr&, connection::side to, std::string bytes, std::chrono::nanoseconds after);
  void bring_end(const connection_ptr&, connection::side to, bool is_reset);
  void closed(const connection_ptr&, connection::side by);
  void at_end(const connection_ptr&, connection::side, std::chrono::nanoseconds after,
              connection_end::change);
  fate draw(connection::side to);
  std::chrono::nanoseconds latency();
  std::optional<bool> outage() const;

  lane& world_;
  const fault_plan& faults_;
  const byte_faults& byte_faults_;
  dice dice_;
  fault_counts counts_;
  lane* of_server_{};
  acceptor accept_;
  bool is_calm_{false};
  bool is_closed_{false};
};

}  // namespace lastcall::simulation
