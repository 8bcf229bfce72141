#pragma once

#include "base/error.hpp"
#include "runtime/clock.hpp"
#include "runtime/late_answer.hpp"

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lastcall {

/// Turns names into addresses by the system's resolver, which blocks for as long as it likes and can't be
/// cancelled: each name is looked up on a thread of its own, whose late answer nobody waits for. Not Asio's
/// resolver: destroying the context joins its thread, and one stuck name holds up all others.
/// Used on one strand only.
class resolver {
 public:
  using addresses = std::vector<boost::asio::ip::address>;
  /// Blocks until it has the addresses, in the order in which to try them. Called on a thread of its own.
  using lookup = std::function<result<addresses>(const std::string& host)>;

  explicit resolver(clock&, lookup = system_lookup);
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// The addresses of a name, at least one; an address stands for itself. Those who ask for a name that is
  /// being looked up share that answer, so that a stuck name occupies one thread, however often it is asked
  /// for. Completes by `deadline`.
  boost::asio::awaitable<result<addresses>> resolve(std::string host, steady_time deadline);

  /// getaddrinfo, in RFC 6724's order but with the families taking turns, so that a machine whose IPv6 leads
  /// nowhere does not try all of those addresses first (RFC 8305 §4).
  static result<addresses> system_lookup(const std::string& host);
  static addresses with_families_in_turn(const addresses&);

 private:
  using inquiry = late_answer<addresses>;
  clock& clock_;
  lookup lookup_;
  std::map<std::string, std::shared_ptr<inquiry>> under_way_;
};

}  // namespace lastcall
