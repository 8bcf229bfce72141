#include "aws/instance_metadata.hpp"

#include "aws/metadata.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds timeout{1};
constexpr std::string_view what = "the instance metadata service";

}  // namespace

result<location> instance_metadata_location(const environment& env) {
  if (const auto endpoint = env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT")) return parse_location(*endpoint);
  const std::string mode = env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("IPv4");
  return parse_location(mode == "IPv6" || mode == "ipv6" ? "http://[fd00:ec2::254]"
                                                         : "http://169.254.169.254");
}

instance_metadata::instance_metadata(location service, http::transport& transport, clock& clock)
    : service_(std::move(service)), transport_(transport), clock_(clock) {
  while (service_.target.ends_with('/'))
    service_.target.pop_back();
}

asio::awaitable<result<std::string>> instance_metadata::ask(http::request request, steady_time deadline) {
  const steady_time until = std::min(deadline, clock_.now() + timeout);
  co_return co_await ask_metadata(transport_, service_.origin, request, until, what);
}

asio::awaitable<result<std::string>> instance_metadata::token(steady_time deadline) {
  http::request request{
      .method = "PUT", .target = service_.target + "/latest/api/token", .headers = {}, .body = {}};
  request.headers.add("X-aws-ec2-metadata-token-ttl-seconds", "21600");
  co_return co_await ask(std::move(request), deadline);
}

asio::awaitable<result<std::string>> instance_metadata::get(std::string path, std::string permit,
                                                            steady_time deadline) {
  http::request request{.method = "GET", .target = service_.target + path, .headers = {}, .body = {}};
  request.headers.add("X-aws-ec2-metadata-token", std::move(permit));
  co_return co_await ask(std::move(request), deadline);
}

asio::awaitable<result<std::string>> instance_metadata::region(steady_time deadline) {
  result<std::string> permit = co_await token(deadline);
  if (!permit) co_return permit.error();
  std::string path = "/latest/meta-data/placement/region";
  result<std::string> name = co_await get(std::move(path), std::move(*permit), deadline);
  if (name) name->erase(name->find_last_not_of(" \r\n") + 1);
  co_return name;
}

}  // namespace lastcall::aws
