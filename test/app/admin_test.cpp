#include "app/admin.hpp"

#include <doctest/doctest.h>

namespace lastcall::app {
namespace {

using namespace std::chrono_literals;
using worker::drain_state;

http::response ask(const std::string& target, const worker_status& status,
                   const std::string& method = "GET") {
  return answer_admin({.method = method, .target = target, .headers = {}, .body = {}}, status, 60s);
}

TEST_CASE("readiness follows the worker, and names the state of the drain") {
  CHECK(ask("/readyz", {.ready = true}).status == 200);
  CHECK(ask("/readyz", {.ready = false}).status == 503);
  const http::response draining = ask("/readyz?verbose", {.state = drain_state::closing, .ready = false});
  CHECK(draining.status == 503);
  CHECK(draining.body == "closing\n");
}

TEST_CASE("liveness fails when a poll loop is stuck, and never for a drain or a long job") {
  CHECK(ask("/healthz", {.jobs_running = 10, .poll_silence = 60s}).status == 200);
  const http::response stuck = ask("/healthz", {.poll_silence = 61500ms});
  CHECK(stuck.status == 503);
  CHECK(stuck.body == "a poll loop has made no progress for 61s\n");
  CHECK(ask("/healthz", {.state = drain_state::finishing, .poll_silence = 1h}).status == 200);
}

TEST_CASE("a poll loop may be silent for longer than any receive and its retry take") {
  CHECK(longest_poll_silence(20s) > 20s + 5s + 20s);
  CHECK(longest_poll_silence(0s) > 5s + 20s);
}

TEST_CASE("metrics are in Prometheus' text format") {
  worker_status status{.ready = true, .jobs_running = 3, .held = 4, .poll_silence = 1500ms};
  status.sums.received = 7;
  status.sums.jobs_done = 5;
  const http::response answer = ask("/metrics", status);
  CHECK(answer.status == 200);
  CHECK(answer.headers.get("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line :
       {"# TYPE lastcall_messages_received_total counter\nlastcall_messages_received_total 7\n",
        "lastcall_jobs_total{outcome=\"done\"} 5\n", "lastcall_jobs_running 3\n",
        "lastcall_messages_held 4\n", "lastcall_poll_silence_seconds 1.500\n", "lastcall_ready 1\n",
        "lastcall_state{state=\"running\"} 1\n", "lastcall_state{state=\"closing\"} 0\n"})
    CHECK_MESSAGE(answer.body.find(line) != std::string::npos, line);
  const std::string build = std::string("lastcall_build_info{version=\"") + LASTCALL_VERSION + "\"} 1\n";
  CHECK(answer.body.find(build) != std::string::npos);
}

TEST_CASE("anything else is not found, and nothing can be changed") {
  CHECK(ask("/", {}).status == 404);
  CHECK(ask("/healthz", {}, "POST").status == 405);
  CHECK(ask("/healthz", {}, "HEAD").status == 200);
}

}  // namespace
}  // namespace lastcall::app
