#pragma once

#include "aws/environment.hpp"
#include "aws/refreshing_credentials.hpp"

#include <string>

namespace lastcall::aws {

/// What a program writes: `credential_process` of a profile (AWS SDKs and Tools Reference Guide, "Process
/// credential provider"). It is run by the shell at every fetch, for at most a minute.
class process_credentials final : public credentials_source {
 public:
  /// `whose` names the profile for errors.
  process_credentials(std::string command_line, std::string whose, environment, clock&);
  boost::asio::awaitable<result<credentials>> fetch(steady_time deadline) override;

 private:
  std::string command_line_;
  std::string whose_;
  environment environment_;
  clock& clock_;
};

/// Reads {"Version": 1, "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}. The error never
/// shows what it read.
result<credentials> read_process_credentials(std::string_view json);

}  // namespace lastcall::aws
