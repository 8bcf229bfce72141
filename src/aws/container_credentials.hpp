#pragma once

#include "aws/environment.hpp"
#include "aws/location.hpp"
#include "aws/refreshing_credentials.hpp"

#include <optional>

namespace lastcall::aws {

/// Where the container's agent (ECS, EKS Pod Identity, Greengrass) hands out credentials: what
/// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI say; none where neither is set. Credentials are asked
/// for over plain HTTP only from this machine and the fixed addresses of the agents.
result<std::optional<location>> container_location(const environment&);

/// Asks the container's agent: up to 3 attempts of 2 s. The authorization token is read again at every fetch,
/// from AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, else from AWS_CONTAINER_AUTHORIZATION_TOKEN.
class container_credentials final : public credentials_source {
 public:
  container_credentials(location, environment, http::transport&, clock&);

  boost::asio::awaitable<result<credentials>> fetch(steady_time deadline) override;

 private:
  result<http::request> make_request() const;
  boost::asio::awaitable<result<std::string>> ask(steady_time deadline);

  location agent_;
  environment environment_;
  http::transport& transport_;
  clock& clock_;
};

}  // namespace lastcall::aws
