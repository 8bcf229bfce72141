#include "http/client_connection.hpp"

#include "support/manual_clock.hpp"
#include "support/memory_network.hpp"

#include <doctest/doctest.h>

namespace lastcall::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::manual_clock;

constexpr message_limits limits{10'000, 10'000};

/// A stream that does what the test says at once. It is always quiet: what is asked here is what the
/// connection knows of itself.
class puppet final : public stream {
 public:
  std::string answer;
  bool writes_fail{false};

  asio::awaitable<result<std::size_t>> read_some(asio::mutable_buffer into) override {
    if (answer.empty()) co_return error{error_kind::network, "reset", "reset"};
    const std::size_t n = asio::buffer_copy(into, asio::buffer(answer));
    answer.erase(0, n);
    co_return n;
  }
  asio::awaitable<result<void>> write(asio::const_buffer) override {
    if (writes_fail) co_return error{error_kind::network, "reset", "reset"};
    co_return result<void>();
  }
  asio::awaitable<result<void>> start_tls(tls_context&, std::string) override { co_return result<void>(); }
  asio::awaitable<result<void>> accept_tls(tls_context&) override { co_return result<void>(); }
  void expires_at(steady_time) override {}
  bool is_quiet() noexcept override { return true; }
  void close() noexcept override {}
  std::string peer() const override { return "puppet"; }
};

struct stage {
  stage() {
    auto made = std::make_unique<puppet>();
    there = made.get();
    connection = std::make_unique<client_connection>(std::move(made), limits);
  }
  result<response> exchange() {
    return clock.run(connection->exchange("GET / HTTP/1.1\r\n\r\n", false, clock.now() + 1s));
  }

  asio::io_context context;
  manual_clock clock{context};
  puppet* there;
  std::unique_ptr<client_connection> connection;
};

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_CASE("a connection may go on only when its last answer was read to the end") {
  stage stage;
  CHECK(stage.connection->is_usable());
  stage.there->answer = ok;
  CHECK(stage.exchange().has_value());
  CHECK(stage.connection->is_usable());
  stage.there->answer = ok.substr(0, ok.size() - 1);
  CHECK_FALSE(stage.exchange().has_value());
  CHECK_FALSE(stage.connection->is_usable());
}

TEST_CASE(
    "a connection on which the request was not sent to its end does not go on, even if it was answered") {
  stage stage;
  stage.there->answer = ok;
  stage.there->writes_fail = true;
  CHECK(stage.exchange().value().body == "ok");
  CHECK_FALSE(stage.connection->is_usable());
}

TEST_CASE("a request that was not sent and not answered fails with the error of sending") {
  stage stage;
  stage.there->writes_fail = true;
  const result<response> answer = stage.exchange();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == error_kind::network);
}

}  // namespace
}  // namespace lastcall::http
