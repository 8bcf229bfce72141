#include "aws/client.hpp"

#include "aws/fake_service.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::aws;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct fixture : testing::fake_service {
  result<std::string> call(call_limits limits = {}) {
    return clock.run(aws.call("ListQueues", "{}", limits));
  }
  /// A limit of all of it that lies `left` from now.
  call_limits within(std::chrono::nanoseconds left) { return {.deadline = clock.now() + left}; }
  std::size_t attempts() const { return transport.seen().size(); }
};

http::response dated(unsigned status, std::string body, std::string date) {
  http::response answer{.status = status, .headers = {}, .body = std::move(body)};
  answer.headers.add("Date", std::move(date));
  return answer;
}

constexpr const char* mistimed =
    R"({"__type":"com.amazon.coral.service#InvalidSignatureException","message":"expired"})";

}  // namespace

TEST_CASE("a call is one signed POST of JSON to the endpoint") {
  fixture f;
  f.transport.reply(200, R"({"QueueUrls":[]})");
  CHECK(f.call().value() == R"({"QueueUrls":[]})");
  REQUIRE(f.attempts() == 1);
  const auto& sent = f.transport.seen()[0];
  CHECK(sent.origin == http::origin{false, "localhost", 4566});
  CHECK(sent.request.method == "POST");
  CHECK(sent.request.target == "/");
  CHECK(sent.request.body == "{}");
  CHECK(f.header(0, "Host") == "localhost:4566");
  CHECK(f.header(0, "Content-Type") == "application/x-amz-json-1.0");
  CHECK(f.header(0, "X-Amz-Target") == "AmazonSQS.ListQueues");
  CHECK(f.header(0, "X-Amz-Date") == "20260101T000000Z");
  CHECK(f.header(0, "X-Amz-Security-Token") == "the token");
  CHECK(f.header(0, "User-Agent").starts_with("lastcall/"));
  const std::string authorization = f.header(0, "Authorization");
  CHECK(authorization.starts_with(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/sqs/aws4_request, "
      "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature="));
}

TEST_CASE("a failed attempt is tried again, up to three in all, with the same body and a new signature") {
  fixture f;
  f.transport.reply(500, "");
  f.transport.fail(error_kind::network);
  f.transport.reply(200, "third");
  CHECK(f.call().value() == "third");
  CHECK(f.attempts() == 3);
  CHECK(f.transport.seen()[2].request.body == "{}");
  CHECK(f.clock.elapsed() > 0s);
  CHECK(f.clock.elapsed() <= 3s);
}

TEST_CASE("after three attempts the last error is the answer") {
  fixture f;
  for (int i = 0; i < 4; ++i)
    f.transport.reply(503, R"({"__type":"ServiceUnavailable","message":"later"})");
  CHECK(f.call().error().code == "ServiceUnavailable");
  CHECK(f.attempts() == 3);
}

TEST_CASE("what can't be better next time is not tried again") {
  fixture f;
  f.transport.reply(400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"})");
  CHECK(f.call().error().code == "QueueDoesNotExist");
  f.transport.fail(error_kind::tls);
  CHECK(f.call().error().kind == error_kind::tls);
  CHECK(f.attempts() == 2);
}

TEST_CASE("a call that may be made once is made once") {
  fixture f;
  f.transport.reply(500, "");
  CHECK(f.call({.attempts = 1}).has_error());
  CHECK(f.attempts() == 1);
}

TEST_CASE("each attempt has its own time, and all have the deadline") {
  fixture f;
  CHECK(f.call({.attempt_timeout = 25s, .attempts = 1}).error().kind == error_kind::timeout);
  CHECK(f.clock.elapsed() == 25s);
  const steady_time start = f.clock.now();
  const call_limits limits{.attempt_timeout = 10s, .attempts = 100, .deadline = start + 21s};
  CHECK(f.call(limits).error().kind == error_kind::timeout);
  CHECK(f.clock.now() <= limits.deadline);
  CHECK(f.clock.now() > start + 10s);
}

TEST_CASE("no request is sent after the deadline") {
  fixture f;
  CHECK(f.call(f.within(0s)).error().kind == error_kind::timeout);
  CHECK(f.attempts() == 0);
}

TEST_CASE("the service's wish for a wait is heard") {
  fixture f;
  http::response busy{.status = 400, .headers = {}, .body = R"({"__type":"RequestThrottled"})"};
  busy.headers.add("x-amz-retry-after", "4000");
  f.transport.reply(busy);
  f.transport.reply(200, "{}");
  CHECK(f.call().has_value());
  CHECK(f.clock.elapsed() == 4s);
}

TEST_CASE("when most calls fail, they are no longer tried again") {
  fixture f;
  for (int i = 0; i < 51; ++i) {
    for (int attempt = 0; attempt < (i < 50 ? 3 : 1); ++attempt)
      f.transport.reply(500, "");
    CHECK(f.call().has_error());
    if (i < 50) CHECK(f.attempts() == 3 * (static_cast<std::size_t>(i) + 1));
  }
  CHECK(f.attempts() == 151);
  for (int i = 0; i < 5; ++i)
    f.transport.reply(200, "");
  for (int i = 0; i < 5; ++i)
    CHECK(f.call().has_value());
  f.transport.reply(500, "");
  f.transport.reply(200, "successes earn a retry");
  CHECK(f.call().has_value());
}

TEST_CASE("a request that came at the wrong time is signed with the service's, beyond its attempts") {
  fixture f;
  f.transport.reply(dated(403, mistimed, "Thu, 01 Jan 2026 02:00:00 GMT"));
  f.transport.reply(200, "{}");
  CHECK(f.call({.attempts = 1}).has_value());
  CHECK(f.header(0, "X-Amz-Date") == "20260101T000000Z");
  CHECK(f.header(1, "X-Amz-Date") == "20260101T020000Z");
  f.transport.reply(200, "{}");
  CHECK(f.call().has_value());
  CHECK(f.header(2, "X-Amz-Date") == "20260101T020000Z");
}

TEST_CASE("once the machine's clock is set right, it is trusted again") {
  fixture f;
  f.transport.reply(dated(403, mistimed, "Thu, 01 Jan 2026 02:00:00 GMT"));
  f.transport.reply(200, "{}");
  CHECK(f.call().has_value());
  f.clock.set_wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + 2h);
  f.transport.reply(dated(200, "{}", "Thu, 01 Jan 2026 02:00:00 GMT"));
  f.transport.reply(200, "{}");
  CHECK(f.call().has_value());
  CHECK(f.call().has_value());
  CHECK(f.header(2, "X-Amz-Date") == "20260101T040000Z");
  CHECK(f.header(3, "X-Amz-Date") == "20260101T020000Z");
}

TEST_CASE("a service that refuses every time is not asked for ever") {
  fixture f;
  f.transport.reply(dated(403, mistimed, "Thu, 01 Jan 2026 02:00:00 GMT"));
  f.transport.reply(dated(403, mistimed, "Thu, 01 Jan 2026 05:00:00 GMT"));
  f.transport.reply(dated(403, mistimed, "Thu, 01 Jan 2026 09:00:00 GMT"));
  CHECK(f.call().error().code == "InvalidSignatureException");
  CHECK(f.attempts() == 2);
}

TEST_CASE("without credentials nothing is sent, and the reason is passed on") {
  fixture f;
  f.identity.given = error{error_kind::invalid, "", "no credentials found"};
  const auto answer = f.call();
  CHECK(answer.error().kind == error_kind::invalid);
  CHECK(answer.error().message == "ListQueues: no credentials found");
  CHECK(f.attempts() == 0);
}

TEST_CASE("a call that is cancelled in a request or between two ends at once, as cancelled") {
  for (const auto until : {100ms, 300ms}) {
    fixture f;
    http::response busy{.status = 500, .headers = {}, .body = {}};
    busy.headers.add("x-amz-retry-after", "4000");
    f.transport.reply(busy, 200ms);
    asio::cancellation_signal cancel;
    std::optional<result<std::string>> answer;
    const auto make_call = [](fixture& of,
                              std::optional<result<std::string>>& into) -> asio::awaitable<void> {
      co_await asio::this_coro::throw_if_cancelled(false);
      call_limits limits;
      std::string body = "{}";
      into = co_await of.aws.call("ListQueues", std::move(body), limits);
    };
    asio::co_spawn(f.context, make_call(f, answer),
                   asio::bind_cancellation_slot(cancel.slot(), asio::detached));
    f.clock.advance(until);
    REQUIRE_FALSE(answer.has_value());
    cancel.emit(asio::cancellation_type::terminal);
    f.clock.run_ready();
    REQUIRE(answer.has_value());
    CHECK(answer->error().kind == error_kind::cancelled);
  }
}

TEST_CASE("no error shows a key") {
  fixture f;
  f.transport.reply(403, R"({"__type":"x#SignatureDoesNotMatch","message":"The signature does not match"})");
  const std::string message = f.call().error().message;
  CHECK(message.find("wJalr") == std::string::npos);
  CHECK(message.find("the token") == std::string::npos);
}
