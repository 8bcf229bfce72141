#pragma once

#include "aws/environment.hpp"
#include "aws/location.hpp"
#include "aws/refreshing_credentials.hpp"
#include "http/transport.hpp"

#include <string>

namespace lastcall::aws {

/// An account and a role in IAM Identity Center, and the session that `aws sso login` opens.
struct sso_identity {
  std::string token_file;  ///< the cached token
  std::string login;       ///< the command that renews it, for errors
  std::string account_id;
  std::string role_name;
};

/// The file under ~/.aws/sso/cache in which AWS's tools keep the token of a session: its name is the SHA-1 of
/// the session's name, or of the start URL where the profile names no session.
std::string sso_token_file(const std::string& session_or_start_url);

/// Credentials of a role in IAM Identity Center (GetRoleCredentials), for the token that AWS's tools have
/// cached; the file is read again at every fetch. lastcall doesn't renew the token itself.
class sso_credentials final : public credentials_source {
 public:
  sso_credentials(sso_identity, location portal, environment, http::transport&, clock&);
  boost::asio::awaitable<result<credentials>> fetch(steady_time deadline) override;

 private:
  result<std::string> read_token() const;
  error log_in(const std::string& why) const;

  sso_identity identity_;
  location portal_;
  environment environment_;
  http::transport& transport_;
  clock& clock_;
};

}  // namespace lastcall::aws
