#pragma once

#include "aws/credentials.hpp"
#include "aws/environment.hpp"
#include "aws/shared_config.hpp"
#include "http/transport.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace lastcall::aws {

struct credentials_options {
  /// The profile was named by an option of the program: the keys of the environment then don't count.
  bool profile_is_named{false};
  /// The endpoint is not AWS's: where nothing is found, anything will do, since emulators take anything.
  bool allow_placeholder{false};
};

/// Looks for credentials in the order of the AWS SDKs: the environment, the profile's keys, the container's
/// agent, the instance metadata service. The first place that is set up decides; what is set up wrongly, or
/// asks for a way that is not supported, is an error of kind `invalid` that says so. Nothing is fetched yet:
/// what fails then is never `invalid`, for it may be better later. The transport and the clock must outlive
/// the provider.
result<std::unique_ptr<credentials_provider>> make_credentials_provider(const profile&,
                                                                        const credentials_options&,
                                                                        const environment&, http::transport&,
                                                                        clock&,
                                                                        const boost::asio::any_io_executor&);

}  // namespace lastcall::aws
