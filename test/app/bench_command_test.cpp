#include "app/endpoint_bench.hpp"
#include "program_under_test.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <regex>

namespace lastcall::app {
namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;

bench_step step(unsigned lanes, std::uint64_t deleted, double core_used = 0.1) {
  bench_step s;
  s.lanes = lanes;
  s.seconds = 1;
  s.cpu_seconds = core_used;
  s.deleted = deleted;
  s.took.send.add(1ms);
  return s;
}

const std::vector<std::string> short_bench{"bench", "--step", "50ms", "--lanes", "2", "--json"};

finished bench_on(const queue_server_under_test& server, const std::string& queue) {
  std::vector<std::string> arguments = short_bench;
  arguments.insert(arguments.end(), {"--queue", queue});
  return server.run(arguments);
}

TEST_CASE("a percentile is the least value that so many do not exceed") {
  latencies took;
  CHECK(took.at(0.5) == 0ns);
  for (int ms = 100; ms >= 1; --ms)
    took.add(std::chrono::milliseconds(ms));
  CHECK(took.at(0) == 1ms);
  CHECK(took.at(0.5) == 50ms);
  CHECK(took.at(0.99) == 99ms);
  CHECK(took.at(1) == 100ms);
}

TEST_CASE("what limits an endpoint is told from how throughput follows the number of requests at once") {
  CHECK(what_limits({step(1, 100), step(2, 200)}).starts_with("round trips"));
  CHECK(what_limits({step(1, 100), step(2, 110)}).starts_with("the service, or the network"));
  CHECK(what_limits({step(1, 100), step(2, 200), step(4, 150)}).starts_with("the service, or the network"));
  CHECK(what_limits({step(1, 100), step(2, 200, 0.97)}).starts_with("this process"));
  CHECK(what_limits({step(1, 0)}).starts_with("nothing went through"));
  bench_step throttled = step(2, 200);
  throttled.failed = 5;
  throttled.why = "RequestThrottled";
  CHECK(what_limits({step(1, 100), throttled}) == "the service refuses requests: RequestThrottled");
}

TEST_CASE("a bench makes a queue of its own, measures each operation, and removes the queue") {
  const queue_server_under_test server;
  const finished f = server.run(short_bench);
  CHECK_MESSAGE(f.exit == 0, f.err);
  CHECK_FALSE_MESSAGE(std::regex_search(f.out, std::regex("[.][0-9]{4}")),
                      "more decimals than say something: ", f.out);
  const json result = json::parse(f.out);
  REQUIRE(result["steps"].size() == 2);
  for (const json& s : result["steps"]) {
    CHECK(s["messages"] > 0);
    CHECK(s["failed_requests"] == 0);
    for (const char* operation : {"send", "receive", "extend", "delete"})
      CHECK(s["latency_ms"][operation]["p50"] > 0);
  }
  CHECK(result["limited_by"].get<std::string>().size() > 10);
  CHECK(server.run({"queue", "list"}).out.empty());
}

TEST_CASE("a table is for people") {
  const queue_server_under_test server;
  const finished f = server.run({"bench", "--step", "50ms", "--lanes", "1"});
  CHECK(f.exit == 0);
  CHECK(f.out.find("messages/s") != std::string::npos);
  CHECK(f.out.find("\nlimited by ") != std::string::npos);
}

TEST_CASE("a queue that is named is used if it is empty, and is empty afterwards") {
  const queue_server_under_test server;
  server.run({"queue", "create", "spare"});
  const finished f = bench_on(server, "spare");
  CHECK_MESSAGE(f.exit == 0, f.err);
  const json stats = json::parse(server.run({"queue", "stats", "spare", "--json"}).out);
  CHECK(stats["visible"] == 0);
  CHECK(stats["in_flight"] == 0);
}

TEST_CASE("a queue that holds messages is refused, and they stay as they are") {
  const queue_server_under_test server;
  const temporary_folder folder;
  server.run({"queue", "create", "jobs"});
  server.run({"send", "--queue", "jobs", "--delay", "60s", "--file", folder.file("lines", "1\n")});
  const finished f = bench_on(server, "jobs");
  CHECK(f.exit == 69);
  CHECK_MESSAGE(
      f.err.find("'jobs' is not empty (ApproximateNumberOfMessagesDelayed is 1)") != std::string::npos,
      f.err);
  CHECK(json::parse(server.run({"queue", "stats", "jobs", "--json"}).out)["delayed"] == 1);
}

TEST_CASE("a FIFO queue is refused") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs.fifo"});
  const finished f = bench_on(server, "jobs.fifo");
  CHECK(f.exit == 64);
  CHECK_MESSAGE(f.err.find("is FIFO") != std::string::npos, f.err);
}

}  // namespace
}  // namespace lastcall::app
