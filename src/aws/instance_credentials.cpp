#include "aws/instance_credentials.hpp"

#include "aws/metadata.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds timeout{1};
constexpr std::string_view what = "the instance metadata service";
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

result<location> instance_metadata_location(const environment& env) {
  if (const auto endpoint = env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT")) return parse_location(*endpoint);
  const std::string mode = env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("IPv4");
  return parse_location(mode == "IPv6" || mode == "ipv6" ? "http://[fd00:ec2::254]"
                                                         : "http://169.254.169.254");
}

instance_credentials::instance_credentials(location service, http::transport& transport, clock& clock)
    : service_(std::move(service)), transport_(transport), clock_(clock) {
  while (service_.target.ends_with('/'))
    service_.target.pop_back();
}

asio::awaitable<result<std::string>> instance_credentials::get_token(steady_time deadline) {
  http::request request{
      .method = "PUT", .target = service_.target + "/latest/api/token", .headers = {}, .body = {}};
  request.headers.add("X-aws-ec2-metadata-token-ttl-seconds", "21600");
  const steady_time until = std::min(deadline, clock_.now() + timeout);
  co_return co_await ask_metadata(transport_, service_.origin, request, until, what);
}

asio::awaitable<result<std::string>> instance_credentials::get(std::string path, std::string token,
                                                               steady_time deadline) {
  http::request request{.method = "GET", .target = service_.target + path, .headers = {}, .body = {}};
  request.headers.add("X-aws-ec2-metadata-token", std::move(token));
  const steady_time until = std::min(deadline, clock_.now() + timeout);
  co_return co_await ask_metadata(transport_, service_.origin, request, until, what);
}

asio::awaitable<result<credentials>> instance_credentials::fetch(steady_time deadline) {
  const result<std::string> token = co_await get_token(deadline);
  if (!token) co_return explained(token.error());
  std::string path = role_path;
  const result<std::string> roles = co_await get(path, *token, deadline);
  if (!roles) co_return explained(roles.error());
  path += roles->substr(0, roles->find_first_of("\r\n"));
  const result<std::string> answer = co_await get(path, *token, deadline);
  if (!answer) co_return explained(answer.error());
  co_return read_credentials(*answer);
}

}  // namespace lastcall::aws
