#pragma once

#include "aws/instance_metadata.hpp"
#include "aws/refreshing_credentials.hpp"

namespace lastcall::aws {

/// The role of the EC2 instance, from its metadata service.
class instance_credentials final : public credentials_source {
 public:
  instance_credentials(location, http::transport&, clock&);

  boost::asio::awaitable<result<credentials>> fetch(steady_time deadline) override;

 private:
  instance_metadata metadata_;
};

}  // namespace lastcall::aws
