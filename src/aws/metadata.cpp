#include "aws/metadata.hpp"

#include "aws/json.hpp"
#include "base/encoding.hpp"
#include "base/timestamp.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

error not_credentials(const std::string& why) {
  return {error_kind::protocol, "", "the answer holds no usable credentials: " + why};
}

error refused(std::string_view what, const http::response& answer) {
  return {
      error_kind::service, std::to_string(answer.status),
      std::string(what) + " answered " + std::to_string(answer.status) + ": " + printable(answer.body, 200)};
}

error failed(std::string_view what, const error& why) {
  return {why.kind, why.code, std::string(what) + ": " + why.message};
}

}  // namespace

asio::awaitable<result<std::string>> ask_metadata(http::transport& transport, const http::origin& origin,
                                                  const http::request& request, steady_time deadline,
                                                  std::string_view what) {
  result<http::response> answer = co_await transport.send(origin, request, deadline);
  if (!answer) co_return failed(what, answer.error());
  if (answer->status != 200) co_return refused(what, *answer);
  co_return std::move(answer->body);
}

result<credentials> read_credentials(std::string_view text) {
  nlohmann::json answer = parse_object(text);
  if (answer.is_null()) return not_credentials("it is not a JSON object");
  credentials out{
      take_text(answer, "AccessKeyId"), take_text(answer, "SecretAccessKey"), take_text(answer, "Token"), {}};
  if (out.access_key_id.empty() || out.secret_access_key.empty()) {
    // The instance metadata service says so in an answer with status 200.
    const std::string code = take_text(answer, "Code");
    const std::string message = take_text(answer, "Message");
    return not_credentials(code.empty() ? "a key is missing" : printable(code + " " + message, 200));
  }
  if (const std::string expiration = take_text(answer, "Expiration"); !expiration.empty()) {
    out.expires = parse_rfc3339(expiration);
    if (!out.expires) return not_credentials("its Expiration is not a timestamp");
  }
  return out;
}

}  // namespace lastcall::aws
