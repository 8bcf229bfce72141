#pragma once

#include "aws/credentials.hpp"
#include "aws/environment.hpp"
#include "aws/shared_config.hpp"
#include "http/transport.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

namespace lastcall::aws {

struct credentials_options {
  /// The profile was named by an option of the program: the keys of the environment then don't count.
  bool profile_is_named{false};
  /// The endpoint is not AWS's: where nothing is found, or what is set up was never to be had, anything will
  /// do, since emulators take anything.
  bool allow_placeholder{false};
  /// Where STS is asked, for roles; empty: us-east-1.
  std::string region;
};

/// Looks for credentials in the order of the AWS SDKs:
/// 1. the keys of the environment,
/// 2. the profile's role, assumed by its source_profile or credential_source (STS),
/// 3. a web identity: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, or the profile's (STS),
/// 4. the profile's IAM Identity Center (SSO),
/// 5. the profile's keys,
/// 6. the profile's credential_process,
/// 7. the container's agent,
/// 8. the instance metadata service.
/// A profile that an option names comes before all that the environment says of keys and web identities. The
/// first place that is set up decides; what is set up wrongly is an error of kind `invalid` that says so.
/// Nothing is fetched yet: what fails then is never `invalid`, for it may be better later. The
/// transport and the clock must outlive the provider.
result<std::unique_ptr<credentials_provider>> make_credentials_provider(const shared_config&, const profile&,
                                                                        const credentials_options&,
                                                                        const environment&, http::transport&,
                                                                        clock&,
                                                                        const boost::asio::any_io_executor&);

}  // namespace lastcall::aws
