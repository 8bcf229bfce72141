#include "broker/request_context.hpp"

#include "base/encoding.hpp"
#include "broker/queue_address.hpp"

namespace lastcall::broker {
namespace {

credential_scope parse_credential(std::string_view credential) {
  credential_scope scope;
  const std::size_t first = credential.find('/');
  if (first == std::string_view::npos) return scope;
  const std::size_t second = credential.find('/', first + 1);
  if (second == std::string_view::npos) return scope;
  scope.access_key = credential.substr(0, first);
  scope.region = credential.substr(second + 1, credential.find('/', second + 1) - second - 1);
  return scope;
}

}  // namespace

std::string_view path_of(std::string_view target) noexcept { return target.substr(0, target.find('?')); }

std::string_view query_of(std::string_view target) noexcept {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

credential_scope scope_of(const http::request& request) {
  const std::string_view authorization = request.headers.get("Authorization");
  constexpr std::string_view in_header = "Credential=";
  if (const std::size_t at = authorization.find(in_header); at != std::string_view::npos) {
    const std::string_view rest = authorization.substr(at + in_header.size());
    return parse_credential(rest.substr(0, rest.find_first_of(", ")));
  }
  constexpr std::string_view in_query = "X-Amz-Credential=";
  const std::string_view query = query_of(request.target);
  if (const std::size_t at = query.find(in_query); at != std::string_view::npos) {
    const std::string_view rest = query.substr(at + in_query.size());
    return parse_credential(percent_decode(rest.substr(0, rest.find('&'))));
  }
  return {};
}

call call_of(const http::request& request, moment now, std::string_view scheme, std::string_view endpoint) {
  call caller;
  caller.now = now;
  credential_scope scope = scope_of(request);
  if (is_account_id(scope.access_key)) caller.account = std::move(scope.access_key);
  if (!scope.region.empty()) caller.region = std::move(scope.region);
  const std::string_view host = request.headers.get("Host");
  caller.endpoint = host.empty() ? std::string(endpoint) : std::string(scheme) + "://" + std::string(host);
  caller.trace_header = request.headers.get("X-Amzn-Trace-Id");
  return caller;
}

}  // namespace lastcall::broker
