#pragma once

#include "aws/credentials.hpp"
#include "http/transport.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

/// What the metadata services of containers and instances have in common: plain requests, answered with
/// credentials in JSON.
namespace lastcall::aws {

/// Sends the request; an answer other than 200 is an error of kind `service` with the status as its code.
/// `what` is asked, in words, for the error.
boost::asio::awaitable<result<std::string>> ask_metadata(http::transport&, const http::origin&,
                                                         const http::request&, steady_time deadline,
                                                         std::string_view what);

/// Reads {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}. The error never shows what it read.
result<credentials> read_credentials(std::string_view json);

}  // namespace lastcall::aws
