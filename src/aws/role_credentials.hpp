#pragma once

#include "aws/environment.hpp"
#include "aws/refreshing_credentials.hpp"
#include "aws/sts.hpp"

#include <memory>
#include <string>

namespace lastcall::aws {

/// A role that another identity assumes.
class role_credentials final : public credentials_source {
 public:
  role_credentials(role, std::unique_ptr<credentials_provider> who, sts);
  boost::asio::awaitable<result<credentials>> fetch(steady_time deadline) override;

 private:
  role role_;
  std::unique_ptr<credentials_provider> who_;
  sts sts_;
};

/// A role that the bearer of a token may assume: IAM roles for service accounts on EKS, and any other OpenID
/// Connect provider. The token's file is read again at every fetch, since its owner replaces it.
class web_identity_credentials final : public credentials_source {
 public:
  web_identity_credentials(role, std::string token_file, environment, sts);
  boost::asio::awaitable<result<credentials>> fetch(steady_time deadline) override;

 private:
  result<std::string> read_token() const;

  role role_;
  std::string token_file_;
  environment environment_;
  sts sts_;
};

}  // namespace lastcall::aws
