#include "jobs/http.hpp"

#include "http/client.hpp"
#include "http/server.hpp"
#include "jobs/captured_log.hpp"
#include "jobs/full_message.hpp"
#include "jobs/job_run.hpp"
#include "runtime/tcp.hpp"
#include "support/manual_clock.hpp"

#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

#include <optional>

using namespace lastcall;
using namespace std::chrono_literals;
using lastcall::testing::captured_log;
using lastcall::testing::fake_job;
using lastcall::testing::job_run;
using lastcall::testing::manual_clock;
namespace asio = boost::asio;
using kind = outcome::kind;

namespace {

/// Keeps what it is asked to send, and answers after a while, also when it is cancelled if it is told so.
class fake_transport final : public http::transport {
 public:
  explicit fake_transport(lastcall::clock& clock) : clock_(clock) {}

  asio::awaitable<result<http::response>> send(const http::origin& origin, const http::request& request,
                                               steady_time deadline) override {
    to = origin;
    sent = request;
    until = deadline;
    ++requests;
    if (takes > 0s) {
      const bool in_time = co_await sleep_for(clock_, takes);
      if (!in_time && !answers_all_the_same) co_return error{error_kind::cancelled, {}, "cancelled"};
    }
    co_return answer;
  }

  result<http::response> answer{http::response{}};
  std::chrono::nanoseconds takes{0};
  bool answers_all_the_same{false};
  std::optional<http::origin> to;
  http::request sent;
  steady_time until{};
  int requests{0};

 private:
  lastcall::clock& clock_;
};

struct bench {
  asio::io_context context;
  manual_clock clock{context};
  fake_transport transport{clock};
  captured_log log;
  fake_job job;
  jobs::http_options options{.to = "http://app.test/jobs?k=v"};

  std::unique_ptr<handler> make() { return jobs::make_http(transport, clock, options).value(); }
  outcome run() {
    const auto handler = make();
    return clock.run(lastcall::testing::as_the_worker(*handler, job, nullptr));
  }
  outcome run_with(unsigned status, http::headers headers = {}, std::string body = {}) {
    transport.answer = http::response{status, std::move(headers), std::move(body)};
    return run();
  }
  outcome run_with(error_kind problem) {
    transport.answer = error{problem, {}, "what went wrong"};
    return run();
  }
  std::string header(std::string_view name) const { return std::string(transport.sent.headers.get(name)); }
};

http::headers one_header(std::string name, std::string value) {
  http::headers all;
  all.add(std::move(name), std::move(value));
  return all;
}

}  // namespace

TEST_CASE("the body is posted to the URL as it is") {
  bench b;
  b.job.content.body = std::string("{\0}", 3);
  CHECK(b.run().what == kind::done);
  CHECK(b.transport.to == http::origin{false, "app.test", 80});
  CHECK(b.transport.sent.method == "POST");
  CHECK(b.transport.sent.target == "/jobs?k=v");
  CHECK(b.transport.sent.body == std::string("{\0}", 3));
  CHECK_MESSAGE(b.job.content.body.empty(), "it is held twice while the endpoint works");
  CHECK(b.header("Content-Type") == "application/json");
  CHECK(b.header("User-Agent").starts_with("aws-sqsd/"));
}

TEST_CASE("the port and TLS are those of the URL, and its user is sent as Basic authentication") {
  bench b;
  b.options.to = "https://app.test";
  b.run();
  CHECK(b.transport.to == http::origin{true, "app.test", 443});
  CHECK(!b.transport.sent.headers.has("Authorization"));
  b.options.to = "https://Aladdin:open%20sesame@[::1]:8443/x";
  b.run();
  CHECK(b.transport.to == http::origin{true, "::1", 8443});
  CHECK(b.header("Authorization") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST_CASE("headers tell about the message in the manner of sqsd") {
  bench b;
  b.job.content = lastcall::testing::full_message();
  b.run();
  CHECK(b.header("X-Aws-Sqsd-Msgid") == "m-1");
  CHECK(b.header("X-Aws-Sqsd-Queue") == "orders");
  CHECK(b.header("X-Aws-Sqsd-Receive-Count") == "3");
  CHECK(b.header("X-Aws-Sqsd-First-Received-At") == "2023-11-14T22:13:21Z");
  CHECK(b.header("X-Aws-Sqsd-Sent-At") == "2023-11-14T22:13:20Z");
  CHECK(b.header("X-Aws-Sqsd-Sender-Id") == "AIDA");
  CHECK(b.header("X-Amzn-Trace-Id") == "Root=1-5759e988");
  CHECK(b.header("X-Lastcall-Group-Id") == "g");
  CHECK(b.header("X-Lastcall-Deduplication-Id") == "d");
  CHECK(b.header("X-Lastcall-Sequence-Number") == "18870");
  CHECK(b.header("X-Lastcall-Dead-Letter-Source-Arn") == "arn:aws:sqs:eu-west-1:1:orders");
}

TEST_CASE("what a message does not have is no header") {
  bench b;
  b.run();
  for (const char* name : {"X-Aws-Sqsd-Sent-At", "X-Aws-Sqsd-Sender-Id", "X-Amzn-Trace-Id",
                           "X-Lastcall-Group-Id", "X-Lastcall-Percent-Encoded"})
    CHECK_MESSAGE(!b.transport.sent.headers.has(name), name);
}

TEST_CASE("an attribute of each type is a header, a Binary as base64") {
  bench b;
  b.job.content.attributes = {{"kind", {"String", "a \"b\" 100%"}},
                              {"Total.Sum", {"Number.int", "42"}},
                              {"thumb", {"Binary.png", std::string("\x00\xff", 2)}}};
  b.run();
  CHECK(b.header("X-Aws-Sqsd-Attr-kind") == "a \"b\" 100%");
  CHECK(b.header("X-Aws-Sqsd-Attr-Total.Sum") == "42");
  CHECK(b.header("X-Aws-Sqsd-Attr-thumb") == "AP8=");
  CHECK(!b.transport.sent.headers.has("X-Lastcall-Percent-Encoded"));
}

TEST_CASE("what a header can't carry is percent-encoded and named") {
  bench b;
  b.job.content.attributes = {
      {"line", {"String", "50%\r\nX-Evil: 1"}}, {"name", {"String", "Zoë"}}, {"pad", {"String", " a"}}};
  b.run();
  CHECK(b.header("X-Aws-Sqsd-Attr-line") == "50%25%0D%0AX-Evil%3A%201");
  CHECK(b.header("X-Aws-Sqsd-Attr-name") == "Zo%C3%AB");
  CHECK(b.header("X-Aws-Sqsd-Attr-pad") == "%20a");
  CHECK(b.header("X-Lastcall-Percent-Encoded") ==
        "X-Aws-Sqsd-Attr-line, X-Aws-Sqsd-Attr-name, X-Aws-Sqsd-Attr-pad");
  CHECK(!b.transport.sent.headers.has("X-Evil"));
}

TEST_CASE(
    "an attribute whose name can't be a header's, or is another's in other case, is left out and logged") {
  bench b;
  b.job.content.attributes = {{"Kind", {"String", "1"}},
                              {"kind", {"String", "2"}},
                              {"a: b\r\nc", {"String", "3"}},
                              {"", {"String", "4"}}};
  b.run();
  CHECK(b.header("X-Aws-Sqsd-Attr-Kind") == "1");
  CHECK(std::ranges::count_if(b.transport.sent.headers,
                              [](const auto& h) { return h.name.starts_with("X-Aws-Sqsd-Attr-"); }) == 1);
  CHECK(b.log.events.size() == 3);
}

TEST_CASE("2xx is done") {
  for (const unsigned status : {200U, 201U, 202U, 204U, 299U}) {
    bench b;
    CHECK(b.run_with(status).what == kind::done);
  }
}

TEST_CASE("429 and 503 are tried again, when Retry-After says") {
  for (const unsigned status : {429U, 503U}) {
    bench b;
    const outcome plain = b.run_with(status);
    CHECK(plain.what == kind::retry);
    CHECK(!plain.retry_after);
    CHECK(b.run_with(status, one_header("retry-after", "120")).retry_after == 120s);
    b.clock.set_wall(wall_time(1700000000s));
    CHECK(b.run_with(status, one_header("Retry-After", "Tue, 14 Nov 2023 22:14:20 GMT")).retry_after == 60s);
    const outcome nonsense = b.run_with(status, one_header("Retry-After", "soon"));
    CHECK(nonsense.what == kind::retry);
    CHECK(!nonsense.retry_after);
  }
}

TEST_CASE("other answers are failures that quote a little of the body, printably") {
  for (const unsigned status : {400U, 404U, 408U, 500U, 502U}) {
    bench b;
    const outcome o = b.run_with(status, one_header("Retry-After", "7"),
                                 "no such \x1b[31mcustomer" + std::string(5000, '.'));
    CHECK(o.what == kind::failed);
    CHECK(o.reason.starts_with("answered " + std::to_string(status) + ": no such \\x1b[31mcustomer"));
    CHECK(o.reason.size() < 300);
    CHECK(o.retry_after == 7s);
  }
}

TEST_CASE("a redirect is not followed, and the failure says where it leads") {
  bench b;
  const outcome o = b.run_with(302, one_header("Location", "http://elsewhere.test/"));
  CHECK(o.what == kind::failed);
  CHECK(o.reason ==
        "answered 302, a redirect, which is not followed; give the final URL: http://elsewhere.test/");
  CHECK(b.transport.requests == 1);
}

TEST_CASE("an endpoint that can't be reached or does not answer is tried again") {
  for (const error_kind problem : {error_kind::network, error_kind::timeout, error_kind::io}) {
    bench b;
    const outcome o = b.run_with(problem);
    CHECK(o.what == kind::retry);
    CHECK(o.reason == "what went wrong");
  }
}

TEST_CASE("an endpoint that can't be trusted or understood is a failure") {
  for (const error_kind problem : {error_kind::tls, error_kind::protocol, error_kind::invalid}) {
    bench b;
    CHECK(b.run_with(problem).what == kind::failed);
  }
}

TEST_CASE("the endpoint has so long to answer") {
  bench b;
  const steady_time begun = b.clock.now();
  b.run();
  CHECK(b.transport.until == begun + 1h);
  b.options.timeout = 30s;
  b.run();
  CHECK(b.transport.until == begun + 30s);
}

TEST_CASE("a request is given up when its job is told to stop") {
  const auto run_until_told = [](stop_reason why, bool answers_all_the_same) {
    bench b;
    b.transport.takes = 10min;
    b.transport.answers_all_the_same = answers_all_the_same;
    const auto handler = b.make();
    job_run run(b.context, *handler, b.job);
    b.clock.advance(1min);
    CHECK(!run.ended);
    b.job.stop(why, b.clock.now() + 2s);
    b.clock.run_ready();
    REQUIRE(run.ended);
    return *run.ended;
  };
  CHECK(run_until_told(stop_reason::draining, false).what == kind::stopped);
  CHECK(run_until_told(stop_reason::lease_lost, false).what == kind::stopped);
  CHECK(run_until_told(stop_reason::time_limit, false).what == kind::retry);
  SUBCASE("but an answer that came at the same moment counts") {
    CHECK(run_until_told(stop_reason::draining, true).what == kind::done);
  }
}

TEST_CASE("a job that is told to stop before it begins sends nothing") {
  bench b;
  b.job.stop(stop_reason::draining, b.clock.now());
  CHECK(b.run().what == kind::stopped);
  CHECK(b.transport.requests == 0);
}

TEST_CASE("headers of the operator are sent, and come before the usual ones") {
  bench b;
  b.options.headers.add("Authorization", "Bearer t");
  b.options.headers.add("content-type", "text/plain");
  b.options.to = "http://user@app.test/";
  b.run();
  CHECK(b.header("Authorization") == "Bearer t");
  CHECK(b.header("Content-Type") == "text/plain");
}

TEST_CASE("a URL, header or timeout that can't be used is an error at start, without the URL's password") {
  bench b;
  const auto why = [&] { return jobs::make_http(b.transport, b.clock, b.options).error().message; };
  for (const char* to : {"", "app.test/jobs", "ftp://app.test/", "http://"}) {
    b.options.to = to;
    CHECK_MESSAGE(why().find("--to") != std::string::npos, to);
  }
  b.options.to = "ftp://user:secret@app.test/";
  CHECK(why().find("secret") == std::string::npos);
  b.options.to = "http://app.test/";
  b.options.headers.add("X-A", "1\r\nX-B: 2");
  CHECK(why().find("X-A") != std::string::npos);
  b.options.headers = one_header("Content-Length", "3");
  CHECK(why().find("Content-Length") != std::string::npos);
  b.options.headers = {};
  b.options.timeout = 0s;
  CHECK(why().find("timeout") != std::string::npos);
}

namespace {

/// An endpoint on loopback.
class endpoint final : public http::service {
 public:
  explicit endpoint(asio::io_context& context)
      : server_(context.get_executor(), real_clock(),
                listen_tcp(context.get_executor(), real_clock(), "127.0.0.1:0").value(), *this) {
    asio::co_spawn(context, server_.run(), asio::detached);
  }
  asio::awaitable<http::response> handle(const http::request& request) override {
    asked = request;
    if (request.target == "/slow") {
      if (on_slow) on_slow();
      client_went = !co_await sleep_for(real_clock(), 1min);
    }
    co_return http::response{request.target == "/busy" ? 503U : 200U, one_header("Retry-After", "9"), {}};
  }
  std::string url(const std::string& target) const { return "http://" + server_.address() + target; }
  void stop() { server_.stop(); }

  http::request asked;
  std::function<void()> on_slow;
  bool client_went{false};

 private:
  http::server server_;
};

/// An endpoint, and jobs that post to it with the real client.
struct wire {
  ~wire() {
    app.stop();
    context.restart();
    context.run_for(10s);
  }
  outcome run(const std::string& to) {
    http::client client(context.get_executor(), real_clock(), *network, nullptr);
    const auto handler = jobs::make_http(client, real_clock(), {.to = to}).value();
    job_run run(context, *handler, job);
    return lastcall::testing::finish(context, run);
  }

  asio::io_context context;
  std::unique_ptr<dialer> network{make_tcp_dialer(real_clock())};
  endpoint app{context};
  fake_job job;
};

}  // namespace

TEST_CASE("a job is posted over a real connection") {
  wire w;
  const std::string body(1 << 20, 'x');
  w.job.content.body = body;
  w.job.content.attributes = {{"evil", {"String", "1\r\nX-Evil: 1"}}};
  CHECK(w.run(w.app.url("/jobs?k=v")).what == kind::done);
  CHECK(w.app.asked.method == "POST");
  CHECK(w.app.asked.target == "/jobs?k=v");
  CHECK_MESSAGE(w.app.asked.body == body, "the body has changed on its way");
  CHECK(w.app.asked.headers.get("X-Aws-Sqsd-Attr-evil") == "1%0D%0AX-Evil%3A%201");
  CHECK(!w.app.asked.headers.has("X-Evil"));
  CHECK(w.run(w.app.url("/busy")).retry_after == 9s);
}

TEST_CASE("an endpoint where nobody listens is tried again") {
  wire w;
  const std::string to = w.app.url("/");
  w.app.stop();
  CHECK(w.run(to).what == kind::retry);
}

TEST_CASE("the connection of a request that is given up is closed, so that the endpoint can notice") {
  wire w;
  w.app.on_slow = [&] { w.job.stop(stop_reason::draining, real_clock().now() + 1s); };
  CHECK(w.run(w.app.url("/slow")).what == kind::stopped);
  for (int i = 0; i < 1000 && !w.app.client_went; ++i)
    w.context.run_for(10ms);
  CHECK(w.app.client_went);
}

TEST_CASE("an endpoint is told the cursor, and says it in a header or in JSON unless the job is done") {
  bench b;
  b.run_with(503);
  CHECK_FALSE(b.transport.sent.headers.has("X-Lastcall-Checkpoint"));
  CHECK(b.job.saved.empty());
  b.job.cursor = "row 17";
  b.run_with(503, one_header("X-Lastcall-Checkpoint", "row 18"), R"({"checkpoint":"not this"})");
  CHECK(b.header("X-Lastcall-Checkpoint") == "row 17");
  b.run_with(500, {}, R"({"checkpoint":"row 19"})");
  b.run_with(429, {}, R"({"checkpoint":{"row":20}})");
  b.run_with(503, {}, R"(["checkpoint"])");
  b.run_with(503, {}, "{rubbish");
  b.run_with(503, {}, R"({"checkpoint":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}");
  b.run_with(200, one_header("X-Lastcall-Checkpoint", "done"));
  CHECK(b.job.saved == std::vector<std::string>{"row 18", "row 19", R"({"row":20})"});
}

TEST_CASE("a cursor that a header can't hold is encoded, and one that is too long not kept") {
  bench b;
  b.job.cursor = "r\xC3\xA9sum\xC3\xA9";
  b.run_with(503, {}, R"({"checkpoint":")" + std::string(4097, 'x') + "\"}");
  CHECK(b.header("X-Lastcall-Checkpoint") == "r%C3%A9sum%C3%A9");
  CHECK(b.header("X-Lastcall-Percent-Encoded") == "X-Lastcall-Checkpoint");
  CHECK(b.job.saved.empty());
  CHECK(b.log.named("checkpoint not saved: it is too long for a header").size() == 1);
}
