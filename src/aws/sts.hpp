#pragma once

#include "aws/credentials.hpp"
#include "aws/location.hpp"
#include "http/transport.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lastcall::aws {

/// A role to be assumed.
struct role {
  std::string arn;
  std::string session_name;  ///< empty: one is made up
  std::string external_id;   ///< empty: none
  std::optional<std::chrono::seconds> duration;
};

/// AWS's Security Token Service, as far as credentials come from it (API version 2011-06-15, the query
/// protocol). Each call makes up to 3 attempts, a second apart. Used on one strand only.
class sts {
 public:
  sts(location, std::string region, http::transport&, clock&);

  /// AssumeRole, signed as `who`.
  boost::asio::awaitable<result<credentials>> assume(const role&, const credentials& who,
                                                     steady_time deadline);
  /// AssumeRoleWithWebIdentity, which the token alone authorizes.
  boost::asio::awaitable<result<credentials>> assume_with_token(const role&, std::string_view token,
                                                                steady_time deadline);

 private:
  http::request make_request(std::string form) const;
  boost::asio::awaitable<result<credentials>> ask(const role&, std::string form, const credentials* who,
                                                  steady_time deadline);
  std::string session_name_of(const role&) const;

  location at_;
  std::string region_;
  http::transport& transport_;
  clock& clock_;
};

/// Reads the <Credentials> of an answer. The error never shows what it read.
result<credentials> read_sts_credentials(std::string_view xml);

}  // namespace lastcall::aws
