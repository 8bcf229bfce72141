#include "aws/session.hpp"

#include "aws/endpoint.hpp"
#include "aws/service_location.hpp"
#include "base/url.hpp"

#include <utility>

namespace lastcall::aws {
namespace {

using optional_text = std::optional<std::string>;

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

/// For AWS's own endpoint there must be a region; the instance that we run on knows its own.
optional_text last_resort_region(const session_options& options, bool endpoint_is_custom) {
  if (endpoint_is_custom) return "us-east-1";
  return options.instance_region ? options.instance_region() : std::nullopt;
}

/// Without the user and password that a custom URL may have.
std::string shown(const location& at) {
  return (at.origin.tls ? "https://" : "http://") + host_header(at.origin) +
         (at.target == "/" ? "" : at.target);
}

}  // namespace

result<std::unique_ptr<credentials_provider>> session::make_provider(
    http::transport& transport, clock& clock, const boost::asio::any_io_executor& executor) const {
  return make_credentials_provider(config, profile, credentials, environment, transport, clock, executor);
}

result<session> resolve_session(const session_options& options, const environment& env) {
  result<shared_config> config = load_shared_config(env);
  if (!config) return config.error();
  result<profile> chosen = choose_profile(*config, options.profile, env);
  if (!chosen) return chosen.error();
  const result<queue_place> queue = place_of(options.queue_url);
  if (!queue) return queue.error();

  endpoint_parameters parameters{.service = options.service, .region = {}, .custom = {}};
  parameters.custom = options.endpoint_url;
  if (!parameters.custom) parameters.custom = configured_endpoint(options.service, *chosen, env);
  if (!parameters.custom) parameters.custom = queue->endpoint;
  choose_endpoint_kind(parameters, *chosen, env);
  optional_text region = configured_region(options, *queue, *chosen, env);
  if (!region) region = last_resort_region(options, parameters.custom.has_value());
  parameters.region = region.value_or("");
  const result<std::string> endpoint = resolve_endpoint(parameters);
  if (!endpoint) return endpoint.error();
  result<location> at = parse_location(*endpoint);
  if (!at)
    return error{
        at.error().kind, at.error().code,
        "AWS_ENDPOINT_URL, that of the service or the profile's endpoint_url: " + at.error().message};

  optional_text ca_file = env.get("AWS_CA_BUNDLE");
  if (!ca_file) ca_file = chosen->get("ca_bundle");
  credentials_options credentials{options.profile.has_value(), !is_aws_host(at->origin.host),
                                  parameters.region};
  return session{
      options.service,    parameters.region,      shown(*at), std::move(*at),      std::move(*config),
      std::move(*chosen), std::move(credentials), env,        ca_file.value_or("")};
}

}  // namespace lastcall::aws
