#pragma once

#include "aws/endpoint.hpp"
#include "aws/environment.hpp"
#include "aws/location.hpp"
#include "aws/shared_config.hpp"

#include <optional>
#include <string>

namespace lastcall::aws {

/// The endpoint that is set for a service: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's
/// section of services, the profile's endpoint_url; none where there is none, or where configured endpoints
/// are to be ignored.
std::optional<std::string> configured_endpoint(const std::string& service, const profile&,
                                               const environment&);

/// Whether FIPS and dual-stack endpoints are wanted: the variables, else the profile.
void choose_endpoint_kind(endpoint_parameters&, const profile&, const environment&);

/// Where another service is that credentials come from: what is set for `service`, else by AWS's rules for
/// `host_name` ("sts", "portal.sso") in the region.
result<location> service_location(const std::string& service, const std::string& host_name,
                                  const std::string& region, const profile&, const environment&);

}  // namespace lastcall::aws
