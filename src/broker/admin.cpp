#include "broker/admin.hpp"

#include "base/exposition.hpp"
#include "broker/console.hpp"
#include "broker/local_host.hpp"
#include "broker/other_site.hpp"
#include "broker/request_context.hpp"
#include "broker/server.hpp"
#include "broker/server_metrics.hpp"

namespace lastcall::broker {
namespace {

http::response text(unsigned status, std::string_view type, std::string body) {
  http::response out;
  out.status = status;
  out.headers.add("Content-Type", std::string(type));
  out.headers.add("Cache-Control", "no-store");
  out.headers.add("X-Content-Type-Options", "nosniff");
  out.headers.add("Cross-Origin-Resource-Policy", "same-origin");
  out.body = std::move(body);
  return out;
}

http::response plain(unsigned status, std::string body) {
  return text(status, "text/plain; charset=utf-8", std::move(body) + "\n");
}

bool only_reads(const http::request& request) { return request.method == "GET" || request.method == "HEAD"; }

http::response reset(server& it) {
  it.reset();
  return plain(200, "reset");
}

}  // namespace

bool is_own_path(std::string_view path) noexcept {
  return path.starts_with("/_lastcall/") || path == "/healthz" || path == "/metrics";
}

http::response answer_own(server& it, const http::request& request) {
  const std::string_view path = path_of(request.target);
  if (path.starts_with("/_lastcall/") && !is_local_host(request.headers.get("Host"), it.host_names()))
    return plain(403,
                 "refused: this host name could be another site's; use an address or localhost, or start the "
                 "server with --host-name and the name");
  if (!only_reads(request) && is_from_another_site(request, it.host_names()))
    return plain(403, "refused: the request comes from a page of another site");
  if (auto console = answer_console(it, request)) return std::move(*console);
  if (path == "/_lastcall/reset") return request.method == "POST" ? reset(it) : plain(405, "use POST");
  if (!only_reads(request)) return plain(405, "use GET");
  if (path == "/healthz" || path == "/_lastcall/health") return plain(200, "ok");
  if (path == "/metrics") return text(200, exposition::content_type, metrics_text(it));
  return plain(404, "there is nothing here");
}

http::response refuse(const api_error& e) { return plain(e.status, e.message); }

}  // namespace lastcall::broker
