#include "aws/instance_credentials.hpp"

#include "aws/metadata.hpp"

#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

constexpr const char* role_path = "/latest/meta-data/iam/security-credentials/";

error explained(const error& why) {
  std::string advice;
  if (why.code == "404") advice = ": no IAM role is attached to this instance";
  if (why.code == "401" || why.code == "403") advice = ": access to it is turned off for this instance";
  if (why.kind == error_kind::timeout)
    advice = " (in a container on EC2, the instance's metadata hop limit must be 2 or more)";
  return {why.kind, why.code, why.message + advice};
}

}  // namespace

instance_credentials::instance_credentials(location service, http::transport& transport, clock& clock)
    : metadata_(std::move(service), transport, clock) {}

asio::awaitable<result<credentials>> instance_credentials::fetch(steady_time deadline) {
  const result<std::string> token = co_await metadata_.token(deadline);
  if (!token) co_return explained(token.error());
  std::string path = role_path;
  const result<std::string> roles = co_await metadata_.get(path, *token, deadline);
  if (!roles) co_return explained(roles.error());
  path += roles->substr(0, roles->find_first_of("\r\n"));
  const result<std::string> answer = co_await metadata_.get(path, *token, deadline);
  if (!answer) co_return explained(answer.error());
  co_return read_credentials(*answer);
}

}  // namespace lastcall::aws
