#pragma once

#include "aws/credentials_chain.hpp"
#include "aws/environment.hpp"
#include "aws/location.hpp"
#include "aws/shared_config.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lastcall::aws {

/// What the program was told by options of its own; they win over AWS's variables and files.
struct session_options {
  std::string service{"sqs"};
  std::optional<std::string> profile;
  std::optional<std::string> region;
  std::optional<std::string> endpoint_url;
  /// The URL of the queue, where it is known: it tells the region, and the endpoint where nothing else does.
  std::optional<std::string> queue_url;
  /// Asks the instance that the program runs on for its region; only called where nothing else tells it.
  std::function<std::optional<std::string>()> instance_region;
};

/// Whom to speak to, and as whom: decided once at start, the same for every shard.
struct session {
  std::string service;
  std::string region;
  std::string endpoint_url;  ///< as it is shown to the operator
  location endpoint;
  shared_config config;
  aws::profile profile;
  credentials_options credentials;
  aws::environment environment;
  std::string ca_file;  ///< PEM file of the only trusted roots (AWS_CA_BUNDLE); empty: the system's

  /// The provider of one shard; see make_credentials_provider.
  result<std::unique_ptr<credentials_provider>> make_provider(http::transport&, clock&,
                                                              const boost::asio::any_io_executor&) const;
};

/// Decides in this order, the first that is set:
/// - profile: option, AWS_PROFILE, "default";
/// - endpoint: option, AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's section of services, the
/// profile's
///   endpoint_url, the origin of the queue's URL where it is not a plain one of AWS's, AWS's rules; the
///   variables and the profile are passed over where AWS_IGNORE_CONFIGURED_ENDPOINT_URLS (or the profile's
///   setting) is true;
/// - region: option, the queue's URL, AWS_REGION, AWS_DEFAULT_REGION, the profile; for an endpoint that is
///   not of AWS's rules, us-east-1; the instance's.
/// The errors are of kind `invalid` (or `io`, for a file that can't be read) and tell what to set.
result<session> resolve_session(const session_options&, const environment&);

}  // namespace lastcall::aws
