#pragma once

#include "base/error.hpp"
#include "http/transport.hpp"

#include <string>
#include <string_view>

namespace lastcall::aws {

/// Where an http or https URL leads to: the origin and what is asked there.
struct location {
  http::origin origin;
  std::string target;
};
result<location> parse_location(std::string_view url);

/// The host as it stands in the Host header: with the port only where it is not the scheme's own.
std::string host_header(const http::origin&);

}  // namespace lastcall::aws
