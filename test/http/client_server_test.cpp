#include "http/client.hpp"
#include "http/server.hpp"
#include "runtime/tcp.hpp"
#include "support/run.hpp"

#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

namespace lastcall::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Answers with what it was asked.
class echo final : public service {
 public:
  asio::awaitable<response> handle(const request& asked) override {
    response answer;
    answer.headers.add("X-Method", asked.method);
    answer.headers.add("X-Target", asked.target);
    answer.body = asked.body;
    co_return answer;
  }
};

struct world {
  asio::io_context context;
  echo echoing;
  std::unique_ptr<dialer> dial{make_tcp_dialer(real_clock())};
  server serving{context.get_executor(), real_clock(),
                 listen_tcp(context.get_executor(), real_clock(), "127.0.0.1:0").value(), echoing};
  client asking{context.get_executor(), real_clock(), *dial, nullptr};
  origin here{false, "127.0.0.1", serving.port()};

  world() { asio::co_spawn(context, serving.run(), asio::detached); }
  ~world() {
    asking.close();
    serving.stop();
    testing::run_for(context, 1s);
  }
  result<response> send(const request& what) {
    return testing::run(context, asking.send(here, what, real_clock().now() + 5s));
  }
};

TEST_CASE("a request reaches the server, and its answer the client") {
  world world;
  request what;
  what.method = "POST";
  what.target = "/path?query";
  what.body = "hello";
  const result<response> answer = world.send(what);
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->body == "hello");
  CHECK(answer->headers.get("x-method") == "POST");
  CHECK(answer->headers.get("X-TARGET") == "/path?query");
  CHECK(answer->headers.has("Date"));
}

TEST_CASE("a connection is used again") {
  world world;
  for (int i = 0; i < 10; ++i) {
    request what;
    what.method = "POST";
    what.body = std::string(static_cast<std::size_t>(i) * 50'000, 'x');
    const result<response> answer = world.send(what);
    REQUIRE(answer.has_value());
    CHECK(answer->body == what.body);
  }
  CHECK(world.asking.connections_made() == 1);
}

}  // namespace
}  // namespace lastcall::http
