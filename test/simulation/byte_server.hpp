#pragma once

#include "broker/api.hpp"
#include "http/server_connection.hpp"
#include "runtime/random.hpp"
#include "simulation/byte_identity.hpp"
#include "simulation/byte_network.hpp"
#include "simulation/service.hpp"

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace lastcall::simulation {

/// The receives of all processes, told apart on the wire by a label that their queue adds to
/// ReceiveRequestAttemptId: "#", and the poll's number. No receive may be sent again after it may have been
/// served.
class poll_book {
 public:
  explicit poll_book(oracle& o) : oracle_(o) {}
  void add(const poll_ptr& p) { polls_.emplace(p->number, p); }
  poll_ptr find(std::uint64_t number) const;
  /// A request has been written: sees whether it is a receive that has been written before.
  void written(std::string_view wire);
  /// The service has refused it: it has had no effect, and may be sent again.
  void refused(std::string_view body);
  static std::optional<std::uint64_t> label_in(std::string_view text);

 private:
  oracle& oracle_;
  std::map<std::uint64_t, poll_ptr> polls_;
  std::set<std::uint64_t> written_;
};

/// The service's half of the wire: production's HTTP server and JSON protocol, in front of the simulated
/// service. It verifies each signature, and refuses as the plan says.
class byte_server {
 public:
  byte_server(scheduler&, const plan&, byte_network&, service&, poll_book&, oracle&);
  ~byte_server();
  byte_server(const byte_server&) = delete;
  byte_server& operator=(const byte_server&) = delete;

  void calm() noexcept {
    is_calm_ = true;
    options_.idle_timeout = http::server_options{}.idle_timeout;
  }

 private:
  class guest;

  static boost::asio::awaitable<void> serve(byte_server&, std::list<guest>::iterator);
  /// The answer to a request that is not let in; none: it is.
  std::optional<http::response> refusal(const http::request&, std::size_t process);
  std::optional<http::response> drawn_refusal(bool is_receive);
  broker::answer<broker::any_result> perform(std::size_t process, bool caller_has_gone, broker::any_request);
  std::string request_id() { return random_.uuid(); }

  lane lane_;
  const fault_plan& faults_;
  byte_network& network_;
  service& service_;
  poll_book& polls_;
  oracle& oracle_;
  http::server_options options_;
  dice dice_;
  seeded_random random_;
  signature_check signatures_;
  std::list<guest> guests_;
  bool is_calm_{false};
};

}  // namespace lastcall::simulation
