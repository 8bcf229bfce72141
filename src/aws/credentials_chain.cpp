#include "aws/credentials_chain.hpp"

#include "aws/instance_credentials.hpp"
#include "aws/profile_credentials.hpp"
#include "aws/refreshing_credentials.hpp"
#include "aws/written_keys.hpp"
#include "base/log.hpp"

#include <array>
#include <optional>
#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

using provider_ptr = std::unique_ptr<credentials_provider>;

error none_found(error_kind kind, const std::string& why) {
  return {kind, "",
          "no credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile "
          "(--profile, AWS_PROFILE), or give the task, pod or instance an IAM role (" +
              why + ")"};
}

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

provider_ptr placeholder() { return fixed({"test", "test", "", {}}); }

void warn_of_placeholder(const error& why) {
  log::warning("credentials can't be had; the endpoint is not AWS's, so placeholders are used",
               {{"why", why.message}});
}

/// For an endpoint that is not AWS's: as long as the credentials that are set up have never been there,
/// placeholders do, so that an expired login does not keep anyone from an emulator.
class else_placeholder final : public credentials_provider {
 public:
  else_placeholder(provider_ptr wanted, clock& clock)
      : wanted_(std::move(wanted)), placeholder_(placeholder()), clock_(clock) {}

  asio::awaitable<result<credentials_ptr>> get(steady_time deadline) override {
    if (!was_there_ && clock_.now() < not_before_) co_return co_await placeholder_->get(deadline);
    result<credentials_ptr> got = co_await wanted_->get(deadline);
    if (got) was_there_ = true;
    if (was_there_ || got.error().kind == error_kind::cancelled) co_return got;
    if (not_before_ == steady_time::min()) warn_of_placeholder(got.error());
    not_before_ = clock_.now() + std::chrono::minutes(1);
    co_return co_await placeholder_->get(deadline);
  }

 private:
  provider_ptr wanted_;
  provider_ptr placeholder_;
  clock& clock_;
  bool was_there_{false};
  steady_time not_before_{steady_time::min()};
};

/// Keys that stand in the environment or in the profile; none where there are none.
result<std::optional<credentials>> written_credentials(const profile& p, const credentials_options& options,
                                                       const environment& env) {
  if (!options.profile_is_named) {
    result<std::optional<credentials>> keys = keys_of(env);
    if (!keys || *keys) return keys;
  }
  for (const char* stronger : {"role_arn", "sso_session", "sso_start_url"})
    if (p.get(stronger)) return std::optional<credentials>{};  // its keys may be those that assume the role
  if (!options.profile_is_named && env.get("AWS_WEB_IDENTITY_TOKEN_FILE"))
    return std::optional<credentials>{};
  return keys_of(p);
}

/// The ways over other parties, in their order; a null pointer where none is set up.
result<provider_ptr> other_way(profile_credentials& ways, const profile& p, bool profile_is_named) {
  using way = result<provider_ptr> (profile_credentials::*)(const profile&);
  const std::array<std::pair<way, bool>, 5> in_order{
      {{&profile_credentials::assumed_role, true},
       {&profile_credentials::web_identity_of_environment, !profile_is_named},
       {&profile_credentials::web_identity, true},
       {&profile_credentials::sso, true},
       {&profile_credentials::process, true}}};
  for (const auto& [each, is_open] : in_order) {
    if (!is_open) continue;
    result<provider_ptr> found = (ways.*each)(p);
    if (!found || *found) return found;
  }
  return ways.container();
}

/// Where the endpoint is not AWS's: what was found, or placeholders.
provider_ptr made_do_with(result<provider_ptr> found, clock& clock) {
  if (found && *found) return std::make_unique<else_placeholder>(std::move(*found), clock);
  if (!found) warn_of_placeholder(found.error());
  return placeholder();
}

}  // namespace

result<provider_ptr> make_credentials_provider(const shared_config& config, const profile& p,
                                               const credentials_options& options, const environment& env,
                                               http::transport& transport, clock& clock,
                                               const asio::any_io_executor& executor) {
  result<std::optional<credentials>> written = written_credentials(p, options, env);
  if (!written) return written.error();
  if (*written) return fixed(std::move(**written));
  profile_credentials ways(config, options.region, env, transport, clock, executor);
  result<provider_ptr> found = other_way(ways, p, options.profile_is_named);
  if (options.allow_placeholder) return made_do_with(std::move(found), clock);
  if (!found || *found) return found;
  if (env.is_true("AWS_EC2_METADATA_DISABLED"))
    return none_found(error_kind::invalid, "AWS_EC2_METADATA_DISABLED is true");
  const result<location> service = instance_metadata_location(env);
  if (!service) return service.error();
  auto instance =
      std::make_unique<last_resort>(std::make_unique<instance_credentials>(*service, transport, clock));
  return provider_ptr(std::make_unique<refreshing_credentials>(std::move(instance), clock, executor));
}

}  // namespace lastcall::aws
