#include "broker/other_site.hpp"

#include "broker/local_host.hpp"

namespace lastcall::broker {
namespace {

bool leads_to(std::string_view origin, std::string_view host) noexcept {
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == host;
}

}  // namespace

bool is_from_another_site(const http::request& request, const std::vector<std::string>& host_names) noexcept {
  const std::string_view site = request.headers.get("Sec-Fetch-Site");
  const std::string_view origin = request.headers.get("Origin");
  if (site.empty() && origin.empty()) return false;
  const std::string_view host = request.headers.get("Host");
  if (!site.empty() && site != "same-origin" && site != "none") return true;
  return !is_local_host(host, host_names) || (!origin.empty() && !leads_to(origin, host));
}

}  // namespace lastcall::broker
