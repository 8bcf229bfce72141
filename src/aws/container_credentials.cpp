#include "aws/container_credentials.hpp"

#include "aws/metadata.hpp"
#include "base/encoding.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

constexpr int attempts = 3;
constexpr std::chrono::seconds attempt_timeout{2};
constexpr std::chrono::seconds pause{1};
constexpr std::string_view ecs_agent = "http://169.254.170.2";
constexpr std::string_view what = "the container's credentials agent";

/// Whether plain HTTP to this host stays on the machine, or goes to an agent's fixed address (ECS, EKS).
bool may_be_plain(std::string_view host) noexcept {
  constexpr std::array<std::string_view, 5> others{"localhost", "::1", "169.254.170.2", "169.254.170.23",
                                                   "fd00:ec2::23"};
  for (const std::string_view other : others)
    if (host == other) return true;
  // A name may begin with these digits and lead anywhere.
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

error invalid(std::string message) { return {error_kind::invalid, "", std::move(message)}; }

/// Not `invalid`, though no attempt of now would do: the file may be written again at any time.
error unreadable(std::string message) { return {error_kind::io, "", std::move(message)}; }

error given_up() { return {error_kind::cancelled, "", "cancelled while fetching credentials"}; }

}  // namespace

result<std::optional<location>> container_location(const environment& env) {
  const std::optional<std::string> relative = env.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const std::optional<std::string> full = env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative && !full) return std::optional<location>{};
  const result<location> at = parse_location(relative ? std::string(ecs_agent) + *relative : *full);
  if (!at) return at.error();
  if (!at->origin.tls && !may_be_plain(at->origin.host))
    return invalid(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI leads to '" + printable(at->origin.host, 100) +
        "' over plain http, which is allowed only to this machine, 169.254.170.2, 169.254.170.23 and "
        "fd00:ec2::23: use https");
  return std::optional<location>(*at);
}

container_credentials::container_credentials(location agent, environment env, http::transport& transport,
                                             clock& clock)
    : agent_(std::move(agent)), environment_(std::move(env)), transport_(transport), clock_(clock) {}

result<http::request> container_credentials::make_request() const {
  http::request request{.method = "GET", .target = agent_.target, .headers = {}, .body = {}};
  request.headers.add("Accept", "application/json");
  std::optional<std::string> token = environment_.get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const auto path = environment_.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    result<std::optional<std::string>> content = environment_.file(*path);
    if (!content) return content.error();
    if (!*content)
      return unreadable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names '" + printable(*path) +
                        "', which does not exist");
    token = std::move(**content);
  }
  if (!token) return request;
  if (token->find_first_of("\r\n") != std::string::npos)
    return unreadable(
        "the container's authorization token holds a line break: check "
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  request.headers.add("Authorization", std::move(*token));
  return request;
}

asio::awaitable<result<std::string>> container_credentials::ask(steady_time deadline) {
  const result<http::request> request = make_request();
  if (!request) co_return request.error();
  const steady_time until = std::min(deadline, clock_.now() + attempt_timeout);
  co_return co_await ask_metadata(transport_, agent_.origin, *request, until, what);
}

asio::awaitable<result<credentials>> container_credentials::fetch(steady_time deadline) {
  for (int attempt = 1;; ++attempt) {
    const result<std::string> answer = co_await ask(deadline);
    if (answer) co_return read_credentials(*answer);
    const error_kind kind = answer.error().kind;
    const bool again = kind != error_kind::cancelled && kind != error_kind::io;
    const bool in_time = clock_.now() + pause < deadline;
    if (!again || !in_time || attempt == attempts) co_return answer.error();
    if (!co_await sleep_for(clock_, pause)) co_return given_up();
  }
}

}  // namespace lastcall::aws
