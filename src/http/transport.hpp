#pragma once

#include "base/error.hpp"
#include "http/message.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <compare>
#include <cstdint>
#include <string>

namespace lastcall::http {

/// Whom a connection leads to.
struct origin {
  bool tls{false};
  std::string host;
  std::uint16_t port{80};
  auto operator<=>(const origin&) const = default;
};

/// Carries a request to an origin and its answer back: what protocols above HTTP need of a client.
/// Used on one strand only.
class transport {
 public:
  virtual ~transport() = default;
  /// Sends the request and returns the answer, whatever its status. Completes by `deadline`; cancelling the
  /// coroutine ends it at once with `error_kind::cancelled`. After an error what the server has done is
  /// unknown, except for `error_kind::tls`: nothing was sent. What is referred to must live until the call
  /// has completed.
  virtual boost::asio::awaitable<result<response>> send(const origin&, const request&,
                                                        steady_time deadline) = 0;
};

}  // namespace lastcall::http
