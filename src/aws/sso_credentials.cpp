#include "aws/sso_credentials.hpp"

#include "aws/json.hpp"
#include "aws/metadata.hpp"
#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "base/timestamp.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds timeout{10};
constexpr std::string_view what = "IAM Identity Center";

result<credentials> read_role_credentials(std::string_view text) {
  const auto unusable = [](const char* why) {
    return error{error_kind::protocol, "",
                 std::string("the answer of IAM Identity Center holds no usable credentials: ") + why};
  };
  nlohmann::json answer = parse_object(text);
  const auto found = answer.is_null() ? answer.end() : answer.find("roleCredentials");
  if (found == answer.end() || !found->is_object()) return unusable("it has no roleCredentials");
  nlohmann::json& role = *found;
  credentials out{take_text(role, "accessKeyId"),
                  take_text(role, "secretAccessKey"),
                  take_text(role, "sessionToken"),
                  {}};
  if (out.access_key_id.empty() || out.secret_access_key.empty()) return unusable("a key is missing");
  const auto expiration = role.find("expiration");
  if (expiration == role.end() || !expiration->is_number_integer())
    return unusable("its expiration is not a number");
  out.expires = wall_time(std::chrono::duration_cast<wall_time::duration>(
      std::chrono::milliseconds(expiration->get<std::int64_t>())));
  return out;
}

}  // namespace

std::string sso_token_file(const std::string& session_or_start_url) {
  return "~/.aws/sso/cache/" + sha1_hex(session_or_start_url) + ".json";
}

sso_credentials::sso_credentials(sso_identity identity, location portal, environment env,
                                 http::transport& transport, clock& clock)
    : identity_(std::move(identity)),
      portal_(std::move(portal)),
      environment_(std::move(env)),
      transport_(transport),
      clock_(clock) {}

/// Not `invalid`: a login in another window mends it.
error sso_credentials::log_in(const std::string& why) const {
  return {error_kind::io, "", why + ": run '" + identity_.login + "'"};
}

result<std::string> sso_credentials::read_token() const {
  const result<std::optional<std::string>> content =
      environment_.file(environment_.expanded(identity_.token_file));
  if (!content) return content.error();
  if (!*content) return log_in("nobody is logged in to IAM Identity Center");
  nlohmann::json cached = parse_object(**content);
  std::string token = take_text(cached, "accessToken");
  const std::optional<timestamp> expires = parse_rfc3339(take_text(cached, "expiresAt"));
  if (token.empty() || !expires)
    return log_in("the cached login '" + identity_.token_file + "' is not usable");
  if (*expires <= clock_.wall_now()) return log_in("the login to IAM Identity Center has expired");
  return token;
}

asio::awaitable<result<credentials>> sso_credentials::fetch(steady_time deadline) {
  result<std::string> token = read_token();
  if (!token) co_return token.error();
  std::string target = portal_.target == "/" ? std::string() : portal_.target;
  target += "/federation/credentials?role_name=" + percent_encode(identity_.role_name) +
            "&account_id=" + percent_encode(identity_.account_id);
  http::request request{.method = "GET", .target = std::move(target), .headers = {}, .body = {}};
  request.headers.add("x-amz-sso_bearer_token", std::move(*token));
  const steady_time until = std::min(deadline, clock_.now() + timeout);
  const result<std::string> answer = co_await ask_metadata(transport_, portal_.origin, request, until, what);
  if (answer) co_return read_role_credentials(*answer);
  if (answer.error().code == "401") co_return log_in("the login to IAM Identity Center is no longer valid");
  co_return answer.error();
}

}  // namespace lastcall::aws
