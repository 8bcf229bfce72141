#pragma once

#include "aws/credentials.hpp"
#include "aws/location.hpp"
#include "base/error.hpp"
#include "http/transport.hpp"
#include "runtime/clock.hpp"
#include "runtime/random.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace lastcall::aws {

struct client_options {
  std::string service;        ///< for the credential scope: "sqs"
  std::string region;         ///< for the credential scope
  location endpoint;          ///< where the service is
  std::string target_prefix;  ///< X-Amz-Target before the dot: "AmazonSQS"
  std::string user_agent{"lastcall/" LASTCALL_VERSION};
};

/// How one call may be spent.
struct call_limits {
  std::chrono::nanoseconds attempt_timeout{std::chrono::seconds(10)};  ///< of each attempt
  unsigned attempts{3};                                                ///< 1: never retried
  steady_time deadline{steady_time::max()};                            ///< of all of it
};

/// Speaks the AWS JSON 1.0 protocol with one service: signs, sends, retries in the SDKs' standard mode (3
/// attempts, full-jitter exponential backoff up to 20 s, a token bucket shared by all calls of this client),
/// follows the server's clock when the skew makes signatures fail. Used on one strand only. What it is given
/// must outlive it, and it must outlive its calls.
class client {
 public:
  client(http::transport&, clock&, random&, credentials_provider&, client_options);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// POSTs `body` as operation `operation`, which must live until the call has completed, and returns the
  /// body of a 200. An answer with another status is an error of kind `service` (see service_error.hpp). A
  /// request that was refused for the time it was signed with is signed anew once, beyond `limits.attempts`.
  /// Completes by `limits.deadline`; cancelling the coroutine ends it with `error_kind::cancelled`, what it
  /// has done is then unknown.
  boost::asio::awaitable<result<std::string>> call(std::string_view operation, std::string body, call_limits);

  const client_options& options() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace lastcall::aws
