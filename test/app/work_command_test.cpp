#include "app/running.hpp"
#include "http/server.hpp"
#include "program_under_test.hpp"
#include "runtime/tcp.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>

namespace lastcall::app {
namespace {

using json = nlohmann::json;

/// A server with a queue of that many messages.
struct filled_queue {
  explicit filled_queue(int messages) {
    server.run({"queue", "create", "jobs"});
    std::string lines;
    for (int i = 0; i < messages; ++i)
      lines += std::to_string(i) + "\n";
    server.run({"send", "--queue", "jobs", "--file", folder.file("lines", lines)});
  }
  json stats() const { return json::parse(server.run({"queue", "stats", "jobs", "--json"}).out); }

  temporary_folder folder;
  queue_server_under_test server;
};

TEST_CASE("a batch run does every job once, and its report is on standard output and in the file") {
  const filled_queue queue(30);
  const std::string report = queue.folder.path("report.json");
  const std::string journal = queue.folder.path("journal");
  const finished f = queue.server.run({"work", "--queue", "jobs", "--wait", "0s", "--drain-when-empty",
                                       "--report", report, "sleep", "--for", "1ms", "--journal", journal});
  CHECK(f.exit == 0);
  CHECK(queue.folder.content("report.json") == f.out);
  const json told = json::parse(f.out);
  CHECK(told["reason"] == "empty");
  CHECK(told["jobs"]["done"] == 30);
  CHECK(told["messages"]["deleted"] == 30);
  const std::string lines = queue.folder.content("journal");
  CHECK(std::count(lines.begin(), lines.end(), 'S') == 30);
  CHECK(queue.stats()["visible"] == 0);
  CHECK(queue.stats()["in_flight"] == 0);
}

TEST_CASE("everything may come from the file, and the job's own table counts") {
  const filled_queue queue(3);
  const std::string file = queue.folder.file(
      "lastcall.toml", "queue = 'jobs'\ndrain_when_empty = true\nendpoint-url = '" + queue.server.endpoint() +
                           "'\nlog-format = 'json'\n[work]\nwait = '0s'\nthreads = 2\n[sleep]\njournal = '" +
                           queue.folder.path("journal") + "'\n");
  const finished f = run({"work", "sleep", "--config", file});
  CHECK(f.exit == 0);
  CHECK(json::parse(f.out)["jobs"]["done"] == 3);
  CHECK_FALSE(queue.folder.content("journal").empty());
  CHECK(json::parse(f.err.substr(0, f.err.find('\n'))).contains("event"));
}

TEST_CASE("a queue without a redrive policy is warned about") {
  const filled_queue queue(0);
  const finished f =
      queue.server.run({"work", "--queue", "jobs", "--wait", "0s", "--drain-when-empty", "sleep"});
  CHECK(f.exit == 0);
  CHECK_MESSAGE(f.err.find("warning the queue has no redrive policy") != std::string::npos, f.err);
}

TEST_CASE("a queue's URL is taken as it is, and requests go to the endpoint whatever its host") {
  const filled_queue queue(2);
  const finished f = queue.server.run(
      {"work", "--queue-url", "http://no-such-host.invalid:4566/000000000000/jobs", "--endpoint-url",
       queue.server.endpoint(), "--wait", "0s", "--drain-when-empty", "sleep"});
  CHECK_MESSAGE(f.exit == 0, f.err);
  CHECK(json::parse(f.out)["jobs"]["done"] == 2);
}

TEST_CASE("a job that can't be run as it is set up is found at the start") {
  const filled_queue queue(1);
  const finished f = queue.server.run({"work", "--queue", "jobs", "exec", "--", "/no/such/program"});
  CHECK(f.exit == 78);
  CHECK_MESSAGE(f.err.find("/no/such/program") != std::string::npos, f.err);
  const finished g =
      queue.server.run({"work", "--queue", "jobs", "sleep", "--journal", queue.folder.path("no/journal")});
  CHECK(g.exit == 78);
  CHECK(queue.stats()["visible"] == 1);
}

TEST_CASE("an admin address that is taken is found at the start") {
  const filled_queue queue(0);
  const std::string taken = queue.server.endpoint().substr(std::string("http://").size());
  const finished f = queue.server.run({"work", "--queue", "jobs", "--admin", taken, "sleep"});
  CHECK(f.exit == 78);
  CHECK_MESSAGE(f.err.find("--admin: ") != std::string::npos, f.err);
}

/// Sends this process SIGTERM when it is asked for the first time, and never answers.
struct signalling_service final : http::service {
  boost::asio::awaitable<http::response> handle(const http::request&) override {
    std::raise(SIGTERM);
    co_await sleep_until(real_clock(), steady_time::max());
    co_return http::response{};
  }
};

TEST_CASE("a signal that comes before the worker has begun ends it with a report of nothing") {
  signalling_service service;
  background loop;
  const auto server = running<http::server>::start(loop, [&]() -> result<std::unique_ptr<http::server>> {
    auto listener = listen_tcp(loop.executor(), real_clock(), "127.0.0.1:0");
    return std::make_unique<http::server>(loop.executor(), real_clock(), std::move(listener.value()),
                                          service);
  });
  const finished f =
      run({"work", "--queue", "jobs", "--endpoint-url", "http://" + (*server)->server().address(), "sleep"});
  CHECK(f.exit == 0);
  const json told = json::parse(f.out);
  CHECK(told["reason"] == "SIGTERM");
  CHECK(told["messages"]["received"] == 0);
}

}  // namespace
}  // namespace lastcall::app
