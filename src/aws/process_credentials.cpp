#include "aws/process_credentials.hpp"

#include "aws/json.hpp"
#include "base/encoding.hpp"
#include "base/timestamp.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::minutes longest_run{1};

}  // namespace

process_credentials::process_credentials(std::string command_line, std::string whose, environment env,
                                         clock& clock)
    : command_line_(std::move(command_line)),
      whose_(std::move(whose)),
      environment_(std::move(env)),
      clock_(clock) {}

asio::awaitable<result<credentials>> process_credentials::fetch(steady_time deadline) {
  const steady_time until = std::min(deadline, clock_.now() + longest_run);
  const result<std::string> written = co_await environment_.command(clock_, command_line_, until);
  result<credentials> read = written ? read_process_credentials(*written) : written.error();
  if (read || read.error().kind == error_kind::cancelled) co_return read;
  const error& why = read.error();
  co_return error{why.kind, why.code, "credential_process of " + whose_ + ": " + why.message};
}

result<credentials> read_process_credentials(std::string_view text) {
  const auto unusable = [](const char* why) {
    return error{error_kind::protocol, "", std::string("what it wrote are no usable credentials: ") + why};
  };
  nlohmann::json written = parse_object(text);
  if (written.is_null()) return unusable("it is not a JSON object");
  if (written.value("Version", nlohmann::json()) != 1) return unusable("its Version is not 1");
  credentials out{take_text(written, "AccessKeyId"),
                  take_text(written, "SecretAccessKey"),
                  take_text(written, "SessionToken"),
                  {}};
  if (out.access_key_id.empty() || out.secret_access_key.empty()) return unusable("a key is missing");
  if (const std::string expiration = take_text(written, "Expiration"); !expiration.empty()) {
    out.expires = parse_rfc3339(expiration);
    if (!out.expires) return unusable("its Expiration is not a timestamp");
  }
  return out;
}

}  // namespace lastcall::aws
