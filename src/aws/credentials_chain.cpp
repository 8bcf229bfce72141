#include "aws/credentials_chain.hpp"

#include "aws/container_credentials.hpp"
#include "aws/instance_credentials.hpp"
#include "aws/refreshing_credentials.hpp"
#include "base/encoding.hpp"
#include "base/log.hpp"

#include <array>
#include <optional>
#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

error invalid(std::string message) { return {error_kind::invalid, "", std::move(message)}; }

error none_found(error_kind kind, const std::string& why) {
  return {kind, "",
          "no credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile with keys "
          "(--profile, AWS_PROFILE), or give the task or instance an IAM role (" +
              why + ")"};
}

class fixed_credentials final : public credentials_provider {
 public:
  explicit fixed_credentials(credentials c)
      : credentials_(std::make_shared<const credentials>(std::move(c))) {}
  asio::awaitable<result<credentials_ptr>> get(steady_time) override { co_return credentials_; }

 private:
  credentials_ptr credentials_;
};

/// The last place of the chain: when it is not there, nothing has been found at all.
class last_resort final : public credentials_source {
 public:
  explicit last_resort(std::unique_ptr<credentials_source> source) : source_(std::move(source)) {}
  asio::awaitable<result<credentials>> fetch(steady_time deadline) override {
    result<credentials> fetched = co_await source_->fetch(deadline);
    if (fetched) was_there_ = true;
    if (!fetched && !was_there_ && fetched.error().kind != error_kind::cancelled)
      co_return none_found(error_kind::io, fetched.error().message);
    co_return fetched;
  }

 private:
  std::unique_ptr<credentials_source> source_;
  bool was_there_{false};
};

/// Keys as they stand in one place; `where` names the two settings for errors.
struct written_keys {
  std::optional<std::string> access_key_id;
  std::optional<std::string> secret_access_key;
  std::optional<std::string> session_token;
  std::string where;
};

bool is_one_word(std::string_view text) noexcept {
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F) return false;
  return true;
}

result<std::optional<credentials>> read_keys(const written_keys& keys) {
  if (!keys.access_key_id && !keys.secret_access_key) return std::optional<credentials>{};
  if (!keys.access_key_id)
    return invalid(keys.where + ": the secret access key is set, but not the access key id");
  if (!keys.secret_access_key)
    return invalid(keys.where + ": the access key id is set, but not the secret access key");
  credentials out{*keys.access_key_id, *keys.secret_access_key, keys.session_token.value_or(""), {}};
  if (!is_one_word(out.access_key_id) || !is_one_word(out.secret_access_key) ||
      !is_one_word(out.session_token))
    return invalid(keys.where + ": a key holds a space, a line break or a character that is not ASCII");
  return std::optional<credentials>(std::move(out));
}

written_keys keys_in(const environment& env) {
  return {env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_SECRET_ACCESS_KEY"), env.get("AWS_SESSION_TOKEN"),
          "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"};
}

written_keys keys_in(const profile& p) {
  return {p.get("aws_access_key_id"), p.get("aws_secret_access_key"), p.get("aws_session_token"),
          "the AWS profile '" + printable(p.name) + "'"};
}

/// A way to credentials that is asked for and not supported: using another identity instead would be a
/// surprise.
std::optional<error> unsupported(const profile& p, const environment& env) {
  constexpr std::array<const char*, 5> settings{"role_arn", "web_identity_token_file", "sso_session",
                                                "sso_start_url", "credential_process"};
  for (const char* setting : settings)
    if (p.get(setting))
      return invalid(
          "the AWS profile '" + printable(p.name) + "' uses " + setting +
          ", which lastcall can't: export its credentials with 'eval \"$(aws configure export-credentials "
          "--profile " +
          printable(p.name) + " --format env)\"'");
  if (env.get("AWS_WEB_IDENTITY_TOKEN_FILE"))
    return invalid(
        "AWS_WEB_IDENTITY_TOKEN_FILE is set (IAM roles for service accounts), which lastcall can't use: "
        "use EKS Pod Identity, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  return std::nullopt;
}

using provider_ptr = std::unique_ptr<credentials_provider>;

/// What stands ready, in the environment or in the profile; none where there is nothing.
result<std::optional<credentials>> written_credentials(const profile& p, const credentials_options& options,
                                                       const environment& env) {
  if (!options.profile_is_named) {
    result<std::optional<credentials>> keys = read_keys(keys_in(env));
    if (!keys || *keys) return keys;
  }
  if (p.get("role_arn"))
    return std::optional<credentials>{};  // its keys, if any, are those that assume the role
  return read_keys(keys_in(p));
}

}  // namespace

result<provider_ptr> make_credentials_provider(const profile& p, const credentials_options& options,
                                               const environment& env, http::transport& transport,
                                               clock& clock, const asio::any_io_executor& executor) {
  result<std::optional<credentials>> written = written_credentials(p, options, env);
  if (!written) return written.error();
  if (*written) return provider_ptr(std::make_unique<fixed_credentials>(std::move(**written)));
  const std::optional<error> other_way = unsupported(p, env);
  if (other_way && !options.allow_placeholder) return *other_way;
  const result<std::optional<location>> agent = container_location(env);
  if (!agent) return agent.error();
  const auto refreshing = [&](std::unique_ptr<credentials_source> source) {
    return provider_ptr(std::make_unique<refreshing_credentials>(std::move(source), clock, executor));
  };
  if (*agent && !other_way)
    return refreshing(std::make_unique<container_credentials>(**agent, env, transport, clock));
  if (options.allow_placeholder) {
    log::debug("no usable credentials found; the endpoint is not AWS's, so placeholders are used");
    return provider_ptr(std::make_unique<fixed_credentials>(credentials{"test", "test", "", {}}));
  }
  if (env.is_true("AWS_EC2_METADATA_DISABLED"))
    return none_found(error_kind::invalid, "AWS_EC2_METADATA_DISABLED is true");
  const result<location> service = instance_metadata_location(env);
  if (!service) return service.error();
  auto instance = std::make_unique<instance_credentials>(*service, transport, clock);
  return refreshing(std::make_unique<last_resort>(std::move(instance)));
}

}  // namespace lastcall::aws
