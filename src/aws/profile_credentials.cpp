#include "aws/profile_credentials.hpp"

#include "aws/container_credentials.hpp"
#include "aws/instance_credentials.hpp"
#include "aws/process_credentials.hpp"
#include "aws/service_location.hpp"
#include "aws/sso_credentials.hpp"
#include "aws/written_keys.hpp"
#include "base/encoding.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

using optional_text = std::optional<std::string>;

error invalid(std::string message) { return {error_kind::invalid, "", std::move(message)}; }

std::string shown(const profile& p) { return "the AWS profile '" + printable(p.name) + "'"; }

/// From 15 minutes to 12 hours (API reference of STS, AssumeRole, "DurationSeconds").
result<std::chrono::seconds> read_duration(const std::string& text, const profile& p) {
  int seconds = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, seconds);
  if (problem != std::errc() || stopped != end || seconds < 900 || seconds > 43'200)
    return invalid(shown(p) + ": duration_seconds must be a number from 900 to 43200");
  return std::chrono::seconds(seconds);
}

result<role> role_of(const profile& p) {
  role out{p.get("role_arn").value_or(""),
           p.get("role_session_name").value_or(""),
           p.get("external_id").value_or(""),
           {}};
  if (const optional_text duration = p.get("duration_seconds")) {
    const result<std::chrono::seconds> read = read_duration(*duration, p);
    if (!read) return read.error();
    out.duration = *read;
  }
  return out;
}

/// The settings of a profile's SSO, wherever they stand.
struct sso_settings {
  std::string region;
  std::string cached_under;
  std::string login;
};

result<sso_settings> sso_settings_of(const profile& p, const shared_config& config) {
  const std::string login = "aws sso login --profile " + printable(p.name);
  const optional_text session = p.get("sso_session");
  if (!session) {
    const optional_text region = p.get("sso_region");
    const optional_text url = p.get("sso_start_url");
    if (!region || !url) return invalid(shown(p) + " needs sso_start_url and sso_region, or sso_session");
    return sso_settings{*region, *url, login};
  }
  const auto section = config.sso_sessions.find(*session);
  if (section == config.sso_sessions.end())
    return invalid(shown(p) + " names the section [sso-session " + printable(*session) +
                   "], which the AWS config file does not have");
  const auto region = section->second.find("sso_region");
  if (region == section->second.end() || region->second.empty())
    return invalid("the section [sso-session " + printable(*session) + "] has no sso_region");
  return sso_settings{region->second, *session, login};
}

}  // namespace

profile_credentials::profile_credentials(const shared_config& config, std::string region,
                                         const environment& env, http::transport& transport, clock& clock,
                                         const asio::any_io_executor& executor)
    : config_(config),
      region_(std::move(region)),
      environment_(env),
      transport_(transport),
      clock_(clock),
      executor_(executor) {}

profile_credentials::provider_ptr profile_credentials::kept_fresh(
    std::unique_ptr<credentials_source> source) const {
  return std::make_unique<refreshing_credentials>(std::move(source), clock_, executor_);
}

result<sts> profile_credentials::sts_for(const profile& p) const {
  const std::string region = region_.empty() ? "us-east-1" : region_;
  result<location> at = service_location("sts", "sts", region, p, environment_);
  if (!at) return at.error();
  return sts(std::move(*at), region, transport_, clock_);
}

result<profile_credentials::provider_ptr> profile_credentials::assumed_role(const profile& p) {
  if (!p.get("role_arn") || p.get("web_identity_token_file")) return provider_ptr();
  if (p.get("mfa_serial"))
    return invalid(shown(p) +
                   " asks for a code of an MFA device, and a worker has nobody to ask: use a role "
                   "without MFA, or export credentials ('aws configure export-credentials')");
  visited_.push_back(p.name);
  result<role> wanted = role_of(p);
  if (!wanted) return wanted.error();
  result<provider_ptr> who = source_of(p);
  if (!who) return who;
  result<sts> service = sts_for(p);
  if (!service) return service.error();
  return kept_fresh(
      std::make_unique<role_credentials>(std::move(*wanted), std::move(*who), std::move(*service)));
}

/// Who assumes the role of a profile.
result<profile_credentials::provider_ptr> profile_credentials::source_of(const profile& p) {
  const optional_text other = p.get("source_profile");
  const optional_text source = p.get("credential_source");
  if (other && source)
    return invalid(shown(p) + " has both source_profile and credential_source: leave one of them out");
  if (other) return source_profile(p, *other);
  if (source) return named_source(p, *source);
  return invalid(shown(p) +
                 " has a role_arn, but nothing says who assumes the role: set source_profile, "
                 "credential_source or web_identity_token_file");
}

result<profile_credentials::provider_ptr> profile_credentials::source_profile(const profile& p,
                                                                              const std::string& name) {
  const result<profile> source = find_profile(config_, name);
  if (!source)
    return invalid(shown(p) + " names the source_profile '" + printable(name) + "', which does not exist");
  // A profile's own keys come before its role: so ends a chain, and so may a profile assume with its own keys.
  result<std::optional<credentials>> keys = keys_of(*source);
  if (!keys) return keys.error();
  if (*keys) return fixed(std::move(**keys));
  if (std::ranges::find(visited_, name) != visited_.end()) {
    std::string chain;
    for (const std::string& visited : visited_)
      chain += printable(visited) + " -> ";
    return invalid("the source_profile settings lead in a circle: " + chain + printable(name));
  }
  for (const auto way : {&profile_credentials::assumed_role, &profile_credentials::web_identity,
                         &profile_credentials::sso, &profile_credentials::process}) {
    result<provider_ptr> found = (this->*way)(*source);
    if (!found || *found) return found;
  }
  return invalid(shown(p) + " names the source_profile '" + printable(name) +
                 "', which has no credentials of any kind");
}

result<profile_credentials::provider_ptr> profile_credentials::named_source(const profile& p,
                                                                            const std::string& name) {
  if (name == "Environment") {
    result<std::optional<credentials>> keys = keys_of(environment_);
    if (!keys) return keys.error();
    if (*keys) return fixed(std::move(**keys));
    return invalid(shown(p) +
                   " has credential_source = Environment, but AWS_ACCESS_KEY_ID and "
                   "AWS_SECRET_ACCESS_KEY are not set");
  }
  if (name == "Ec2InstanceMetadata") return instance();
  if (name != "EcsContainer")
    return invalid(shown(p) +
                   ": credential_source must be Environment, Ec2InstanceMetadata or EcsContainer, "
                   "not '" +
                   printable(name, 60) + "'");
  result<provider_ptr> agent = container();
  if (agent && !*agent)
    return invalid(shown(p) +
                   " has credential_source = EcsContainer, but this is no container with a role: "
                   "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set");
  return agent;
}

result<profile_credentials::provider_ptr> profile_credentials::assume_with_token(role wanted,
                                                                                 std::string token_file,
                                                                                 const profile& p) {
  result<sts> service = sts_for(p);
  if (!service) return service.error();
  return kept_fresh(std::make_unique<web_identity_credentials>(std::move(wanted), std::move(token_file),
                                                               environment_, std::move(*service)));
}

result<profile_credentials::provider_ptr> profile_credentials::web_identity_of_environment(const profile& p) {
  const optional_text token_file = environment_.get("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!token_file) return provider_ptr();
  const optional_text arn = environment_.get("AWS_ROLE_ARN");
  if (!arn)
    return invalid("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not: set the role to assume");
  return assume_with_token({*arn, environment_.get("AWS_ROLE_SESSION_NAME").value_or(""), "", {}},
                           *token_file, p);
}

result<profile_credentials::provider_ptr> profile_credentials::web_identity(const profile& p) {
  const optional_text token_file = p.get("web_identity_token_file");
  if (!token_file) return provider_ptr();
  result<role> wanted = role_of(p);
  if (!wanted) return wanted.error();
  if (wanted->arn.empty()) return invalid(shown(p) + " has a web_identity_token_file, but no role_arn");
  return assume_with_token(std::move(*wanted), *token_file, p);
}

result<profile_credentials::provider_ptr> profile_credentials::sso(const profile& p) {
  if (!p.get("sso_session") && !p.get("sso_start_url")) return provider_ptr();
  const optional_text account = p.get("sso_account_id");
  const optional_text role_name = p.get("sso_role_name");
  if (!account || !role_name) return invalid(shown(p) + " needs sso_account_id and sso_role_name");
  const result<sso_settings> found = sso_settings_of(p, config_);
  if (!found) return found.error();
  result<location> portal = service_location("sso", "portal.sso", found->region, p, environment_);
  if (!portal) return portal.error();
  sso_identity identity{sso_token_file(found->cached_under), found->login, *account, *role_name};
  return kept_fresh(std::make_unique<sso_credentials>(std::move(identity), std::move(*portal), environment_,
                                                      transport_, clock_));
}

result<profile_credentials::provider_ptr> profile_credentials::process(const profile& p) {
  const optional_text line = p.get("credential_process");
  if (!line) return provider_ptr();
  return kept_fresh(std::make_unique<process_credentials>(*line, shown(p), environment_, clock_));
}

result<profile_credentials::provider_ptr> profile_credentials::container() {
  const result<std::optional<location>> agent = container_location(environment_);
  if (!agent) return agent.error();
  if (!*agent) return provider_ptr();
  return kept_fresh(std::make_unique<container_credentials>(**agent, environment_, transport_, clock_));
}

result<profile_credentials::provider_ptr> profile_credentials::instance() {
  if (environment_.is_true("AWS_EC2_METADATA_DISABLED"))
    return invalid("the instance metadata service may not be asked: AWS_EC2_METADATA_DISABLED is true");
  const result<location> service = instance_metadata_location(environment_);
  if (!service) return service.error();
  return kept_fresh(std::make_unique<instance_credentials>(*service, transport_, clock_));
}

}  // namespace lastcall::aws
