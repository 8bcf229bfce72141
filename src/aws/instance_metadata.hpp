#pragma once

#include "aws/environment.hpp"
#include "aws/location.hpp"
#include "http/transport.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace lastcall::aws {

/// Where the instance metadata service is: AWS_EC2_METADATA_SERVICE_ENDPOINT, else by
/// AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE the IPv4 (default) or the IPv6 address of EC2.
result<location> instance_metadata_location(const environment&);

/// The metadata service of an EC2 instance, version 2 only: each request takes at most a second and is made
/// once, so that a machine outside of EC2 learns soon that there is nobody. Used on one strand only.
class instance_metadata {
 public:
  instance_metadata(location, http::transport&, clock&);

  /// A token, which permits to ask for six hours.
  boost::asio::awaitable<result<std::string>> token(steady_time deadline);
  boost::asio::awaitable<result<std::string>> get(std::string path, std::string permit, steady_time deadline);
  /// The instance's own region.
  boost::asio::awaitable<result<std::string>> region(steady_time deadline);

 private:
  boost::asio::awaitable<result<std::string>> ask(http::request, steady_time deadline);

  location service_;
  http::transport& transport_;
  clock& clock_;
};

}  // namespace lastcall::aws
