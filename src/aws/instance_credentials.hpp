#pragma once

#include "aws/environment.hpp"
#include "aws/location.hpp"
#include "aws/refreshing_credentials.hpp"

#include <string>

namespace lastcall::aws {

/// Where the instance metadata service is: AWS_EC2_METADATA_SERVICE_ENDPOINT, else by
/// AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE the IPv4 (default) or the IPv6 address of EC2.
result<location> instance_metadata_location(const environment&);

/// The role of the EC2 instance, from its metadata service, version 2 only: each request takes at most a
/// second and is made once, so that a machine outside of EC2 learns soon that there is nobody.
class instance_credentials final : public credentials_source {
 public:
  instance_credentials(location, http::transport&, clock&);

  boost::asio::awaitable<result<credentials>> fetch(steady_time deadline) override;

 private:
  boost::asio::awaitable<result<std::string>> get_token(steady_time deadline);
  boost::asio::awaitable<result<std::string>> get(std::string path, std::string token, steady_time deadline);

  location service_;
  http::transport& transport_;
  clock& clock_;
};

}  // namespace lastcall::aws
