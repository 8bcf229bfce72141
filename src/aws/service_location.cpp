#include "aws/service_location.hpp"

namespace lastcall::aws {
namespace {

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

/// The environment's variable where it is set, else the profile's setting.
bool is_on(const environment& env, const char* variable, const profile& p, const char* setting) {
  return env.get(variable) ? env.is_true(variable) : p.is_true(setting);
}

}  // namespace

std::optional<std::string> configured_endpoint(const std::string& service, const profile& p,
                                               const environment& env) {
  if (is_on(env, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", p, "ignore_configured_endpoint_urls"))
    return std::nullopt;
  if (auto url = env.get("AWS_ENDPOINT_URL_" + upper(service))) return url;
  if (auto url = env.get("AWS_ENDPOINT_URL")) return url;
  const auto of_service = p.services.find(service + ".endpoint_url");
  if (of_service != p.services.end() && !of_service->second.empty()) return of_service->second;
  return p.get("endpoint_url");
}

void choose_endpoint_kind(endpoint_parameters& of, const profile& p, const environment& env) {
  of.use_fips = is_on(env, "AWS_USE_FIPS_ENDPOINT", p, "use_fips_endpoint");
  of.use_dual_stack = is_on(env, "AWS_USE_DUALSTACK_ENDPOINT", p, "use_dualstack_endpoint");
}

result<location> service_location(const std::string& service, const std::string& host_name,
                                  const std::string& region, const profile& p, const environment& env) {
  endpoint_parameters parameters{.service = host_name, .region = region, .custom = {}};
  parameters.custom = configured_endpoint(service, p, env);
  if (!parameters.custom) choose_endpoint_kind(parameters, p, env);
  const result<std::string> endpoint = resolve_endpoint(parameters);
  if (!endpoint) return endpoint.error();
  return parse_location(*endpoint);
}

}  // namespace lastcall::aws
