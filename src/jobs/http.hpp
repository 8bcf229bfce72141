#pragma once

#include "base/error.hpp"
#include "http/message.hpp"
#include "http/transport.hpp"
#include "runtime/clock.hpp"

#include <chrono>
#include <lastcall/job.hpp>
#include <memory>
#include <string>

namespace lastcall::jobs {

/// The job that posts each message to an HTTP endpoint; src/jobs/README.md is its contract with the endpoint.
struct http_options {
  std::string to{};  ///< http or https; a user and password in it are sent as Basic authentication
  std::string content_type{"application/json"};
  http::headers headers{};  ///< added to every request, ahead of those of the message
  /// For the whole answer of one job. Long, because jobs are; there, because an endpoint that hangs would
  /// otherwise keep its message for 12 hours.
  std::chrono::nanoseconds timeout{std::chrono::hours(1)};
};

/// An error where the URL or a header can't be used. The transport must verify the certificates of https, and
/// like the clock must outlive the handler. When told to stop the request is given up and its connection
/// closed.
result<std::unique_ptr<handler>> make_http(http::transport&, clock&, const http_options&);

}  // namespace lastcall::jobs
