#include "aws/session.hpp"

#include "aws/endpoint.hpp"
#include "base/url.hpp"

#include <utility>

namespace lastcall::aws {
namespace {

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

using optional_text = std::optional<std::string>;

/// The first that is set, of the environment's variable and the profile's setting.
bool is_on(const environment& env, const char* variable, const profile& p, const char* setting) {
  return env.get(variable) ? env.is_true(variable) : p.is_true(setting);
}

optional_text configured_endpoint(const session_options& options, const profile& p, const environment& env) {
  if (options.endpoint_url) return options.endpoint_url;
  if (is_on(env, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", p, "ignore_configured_endpoint_urls"))
    return std::nullopt;
  if (optional_text url = env.get("AWS_ENDPOINT_URL_" + upper(options.service))) return url;
  if (optional_text url = env.get("AWS_ENDPOINT_URL")) return url;
  const auto of_service = p.services.find(options.service + ".endpoint_url");
  if (of_service != p.services.end() && !of_service->second.empty()) return of_service->second;
  return p.get("endpoint_url");
}

/// What the URL of a queue tells.
struct queue_place {
  optional_text region;
  optional_text endpoint;  // none: what AWS's rules give for the region
};

result<queue_place> place_of(const optional_text& queue_url) {
  if (!queue_url) return queue_place{};
  const result<url> parsed = parse_url(*queue_url, "http|https");
  if (!parsed) return parsed.error();
  queue_place out{region_in_host(parsed->host), std::nullopt};
  const bool is_private = parsed->host.find(".vpce.") != std::string::npos;
  if (!is_aws_host(parsed->host) || is_private)
    out.endpoint = parsed->scheme + "://" + authority(parsed->host, parsed->port);
  return out;
}

optional_text configured_region(const session_options& options, const queue_place& queue, const profile& p,
                                const environment& env) {
  if (options.region) return options.region;
  if (queue.region) return queue.region;
  if (optional_text region = env.get("AWS_REGION")) return region;
  if (optional_text region = env.get("AWS_DEFAULT_REGION")) return region;
  return p.get("region");
}

/// Without the user and password that a custom URL may have.
std::string shown(const location& at) {
  return (at.origin.tls ? "https://" : "http://") + host_header(at.origin) +
         (at.target == "/" ? "" : at.target);
}

}  // namespace

result<std::unique_ptr<credentials_provider>> session::make_provider(
    http::transport& transport, clock& clock, const boost::asio::any_io_executor& executor) const {
  return make_credentials_provider(profile, credentials, environment, transport, clock, executor);
}

result<session> resolve_session(const session_options& options, const environment& env) {
  const result<shared_config> config = load_shared_config(env);
  if (!config) return config.error();
  result<profile> chosen = choose_profile(*config, options.profile, env);
  if (!chosen) return chosen.error();
  const result<queue_place> queue = place_of(options.queue_url);
  if (!queue) return queue.error();

  endpoint_parameters parameters{.service = options.service, .region = {}, .custom = {}};
  parameters.custom = configured_endpoint(options, *chosen, env);
  if (!parameters.custom) parameters.custom = queue->endpoint;
  parameters.use_fips = is_on(env, "AWS_USE_FIPS_ENDPOINT", *chosen, "use_fips_endpoint");
  parameters.use_dual_stack = is_on(env, "AWS_USE_DUALSTACK_ENDPOINT", *chosen, "use_dualstack_endpoint");
  parameters.region =
      configured_region(options, *queue, *chosen, env).value_or(parameters.custom ? "us-east-1" : "");
  const result<std::string> endpoint = resolve_endpoint(parameters);
  if (!endpoint) return endpoint.error();
  result<location> at = parse_location(*endpoint);
  if (!at) return at.error();

  optional_text ca_file = env.get("AWS_CA_BUNDLE");
  if (!ca_file) ca_file = chosen->get("ca_bundle");
  const credentials_options credentials{options.profile.has_value(), !is_aws_host(at->origin.host)};
  return session{options.service,    parameters.region, shown(*at), std::move(*at),
                 std::move(*chosen), credentials,       env,        ca_file.value_or("")};
}

}  // namespace lastcall::aws
