#pragma once

#include "aws/environment.hpp"
#include "aws/refreshing_credentials.hpp"
#include "aws/role_credentials.hpp"
#include "aws/shared_config.hpp"
#include "http/transport.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lastcall::aws {

/// The ways to credentials that lead over other parties, as profiles and the environment set them up (AWS
/// SDKs and Tools Reference Guide, "Standardized credential providers"). What is set up wrongly is an error of
/// kind `invalid`; where a way is not set up the answer is a null pointer. What is given must outlive this
/// object, the transport and the clock what it makes.
class profile_credentials {
 public:
  using provider_ptr = std::unique_ptr<credentials_provider>;

  /// `region` is where STS is asked.
  profile_credentials(const shared_config&, std::string region, const environment&, http::transport&, clock&,
                      const boost::asio::any_io_executor&);

  /// The profile's role_arn, assumed by its source_profile, and so on, or by its credential_source.
  result<provider_ptr> assumed_role(const profile&);
  /// AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN.
  result<provider_ptr> web_identity_of_environment(const profile&);
  /// The profile's web_identity_token_file and role_arn.
  result<provider_ptr> web_identity(const profile&);
  /// The profile's sso_session, or sso_start_url, with sso_account_id and sso_role_name.
  result<provider_ptr> sso(const profile&);
  /// The profile's credential_process.
  result<provider_ptr> process(const profile&);
  /// The container's agent; null where there is none.
  result<provider_ptr> container();
  /// The instance's metadata service.
  result<provider_ptr> instance();

 private:
  result<provider_ptr> source_of(const profile&);
  result<provider_ptr> source_profile(const profile&, const std::string& name);
  result<provider_ptr> named_source(const profile&, const std::string& name);
  result<provider_ptr> assume_with_token(role, std::string token_file, const profile&);
  result<sts> sts_for(const profile&) const;
  provider_ptr kept_fresh(std::unique_ptr<credentials_source>) const;

  const shared_config& config_;
  std::string region_;
  const environment& environment_;
  http::transport& transport_;
  clock& clock_;
  boost::asio::any_io_executor executor_;
  std::vector<std::string> visited_;  // the profiles of the chain so far
};

}  // namespace lastcall::aws
