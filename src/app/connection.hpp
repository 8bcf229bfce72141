#pragma once

#include "app/environment.hpp"
#include "app/option.hpp"
#include "aws/client.hpp"
#include "aws/session.hpp"
#include "http/client.hpp"
#include "runtime/random.hpp"
#include "runtime/stream.hpp"
#include "sqs/client.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

namespace lastcall::app {

/// Where the service is. What is left empty is found as the AWS SDKs find it.
struct connection_settings {
  std::string endpoint_url;
  std::string region;
  std::string profile;
};
option_group connection_options(connection_settings&);

/// Which queue, by name or by URL.
struct queue_settings {
  std::string name;
  std::string url;

  /// The name, or the end of the URL.
  std::string shown() const;
  /// Throws `refusal` with exit_usage where neither is given.
  void require() const;
};
option_group queue_options(queue_settings&);

/// Decides whom to speak to, once, at start. Throws `refusal` with exit_config.
aws::session resolve(const connection_settings&, const queue_settings&, const environment&);

/// Everything between the network and the typed queue API, for one strand.
class connection {
 public:
  /// Throws `refusal` with exit_config where credentials or trusted certificates can't be used.
  connection(const boost::asio::any_io_executor&, const aws::session&);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  sqs::client& sqs() noexcept { return sqs_; }
  dialer& network() noexcept { return *dialer_; }
  random& chance() noexcept { return random_; }
  /// Closes idle connections, and those in use when they end.
  void close() noexcept { http_.close(); }

 private:
  std::unique_ptr<dialer> dialer_;
  std::unique_ptr<tls_context> tls_;
  seeded_random random_;
  http::client http_;
  std::unique_ptr<aws::credentials_provider> credentials_;
  aws::client aws_;
  sqs::client sqs_;
};

}  // namespace lastcall::app
