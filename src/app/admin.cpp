#include "app/admin.hpp"

#include "app/metrics.hpp"
#include "app/running.hpp"
#include "base/duration.hpp"
#include "base/exposition.hpp"
#include "http/server.hpp"
#include "runtime/tcp.hpp"

namespace lastcall::app {
namespace {

namespace asio = boost::asio;

http::response plain(unsigned status, std::string text) {
  http::response answer{.status = status, .headers = {}, .body = std::move(text) + "\n"};
  answer.headers.add("Content-Type", "text/plain; charset=utf-8");
  answer.headers.add("Cache-Control", "no-store");
  return answer;
}

http::response health(const worker_status& s, std::chrono::nanoseconds longest_silence) {
  // A drain polls no more; its end is bounded by the grace period.
  if (s.state != worker::drain_state::running || s.poll_silence <= longest_silence) return plain(200, "ok");
  const auto silent = std::chrono::floor<std::chrono::seconds>(s.poll_silence);
  return plain(503, "a poll loop has made no progress for " + format_duration(silent));
}

http::response readiness(const worker_status& s) {
  if (s.ready) return plain(200, "ready");
  return plain(503,
               s.state == worker::drain_state::running ? "not receiving" : std::string(name_of(s.state)));
}

}  // namespace

std::chrono::nanoseconds longest_poll_silence(std::chrono::seconds wait) {
  using namespace std::chrono_literals;
  return 2 * (wait + 5s + 20s);
}

http::response answer_admin(const http::request& request, const worker_status& status,
                            std::chrono::nanoseconds longest_silence) {
  if (request.method != "GET" && request.method != "HEAD") return plain(405, "only GET");
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (path == "/healthz") return health(status, longest_silence);
  if (path == "/readyz") return readiness(status);
  if (path == "/metrics") {
    http::response answer{.status = 200, .headers = {}, .body = metrics_text(status)};
    answer.headers.add("Content-Type", std::string(exposition::content_type));
    return answer;
  }
  return plain(404, "there are /healthz, /readyz and /metrics");
}

struct admin_endpoint::impl final : http::service {
  impl(std::function<worker_status()> source, std::chrono::nanoseconds silence)
      : status(std::move(source)), longest_silence(silence) {}

  asio::awaitable<http::response> handle(const http::request& request) override {
    co_return answer_admin(request, status(), longest_silence);
  }

  std::function<worker_status()> status;
  std::chrono::nanoseconds longest_silence;
  std::unique_ptr<running<http::server>> server;
};

admin_endpoint::admin_endpoint(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
admin_endpoint::~admin_endpoint() = default;
std::string admin_endpoint::address() const { return impl_->server->server().address(); }

result<std::unique_ptr<admin_endpoint>> admin_endpoint::start(background& loop, const std::string& address,
                                                              std::function<worker_status()> status,
                                                              std::chrono::nanoseconds longest_silence) {
  auto made = std::make_unique<impl>(std::move(status), longest_silence);
  auto server = running<http::server>::start(loop, [&]() -> result<std::unique_ptr<http::server>> {
    auto listener = listen_tcp(loop.executor(), real_clock(), address);
    if (!listener) return listener.error();
    return std::make_unique<http::server>(loop.executor(), real_clock(), std::move(*listener), *made);
  });
  if (!server) return server.error();
  made->server = std::move(*server);
  return std::unique_ptr<admin_endpoint>(new admin_endpoint(std::move(made)));
}

}  // namespace lastcall::app
