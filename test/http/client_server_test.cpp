#include "http/client.hpp"
#include "http/server.hpp"
#include "runtime/tcp.hpp"
#include "runtime/tls.hpp"
#include "support/run.hpp"
#include "support/scripted_server.hpp"
#include "support/test_authority.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <vector>

namespace lastcall::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace lastcall::testing;
using asio::ip::tcp;

steady_time soon() { return real_clock().now() + 10s; }

/// Answers with what it was asked.
class echo final : public service {
 public:
  asio::awaitable<response> handle(const request& asked) override {
    ++inside;
    response answer;
    answer.headers.add("X-Method", asked.method);
    answer.headers.add("X-Target", asked.target);
    answer.body = asked.body;
    if (asked.target == "/slow") co_await sleep_for(real_clock(), 10s);
    if (asked.target == "/later") co_await sleep_for(real_clock(), 1ms);
    --inside;
    co_return answer;
  }
  int inside{0};
};

/// A client and a server on real sockets, in the clear or over TLS.
struct stage {
  explicit stage(bool is_tls = false, std::chrono::nanoseconds header_timeout = 10s) {
    server_options options;
    if (is_tls) options.tls = server_tls.get();
    options.header_timeout = header_timeout;
    serving = std::make_unique<server>(
        context.get_executor(), real_clock(),
        listen_tcp(context.get_executor(), real_clock(), "127.0.0.1:0").value(), echoing, options);
    there = {is_tls, "127.0.0.1", serving->port()};
    asio::co_spawn(context, serving->run(), [this](const std::exception_ptr&) { has_ended = true; });
  }
  ~stage() {
    asking.close();
    serving->stop();
    CHECK(run_until(context, [this] { return has_ended; }));
    run_ready(context);
  }
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  result<response> send(const request& what) { return run(context, asking.send(there, what, soon())); }
  result<response> post(std::string body) {
    request what;
    what.method = "POST";
    what.body = std::move(body);
    return send(what);
  }

  asio::io_context context;
  test_authority authority;
  test_authority::identity identity{authority.issue("IP:127.0.0.1")};
  std::unique_ptr<tls_context> server_tls{
      tls_context::for_server(identity.certificate_file, identity.key_file, "http/1.1").value()};
  std::unique_ptr<tls_context> client_tls{tls_context::for_client(authority.root_file()).value()};
  std::unique_ptr<dialer> dial{make_tcp_dialer(real_clock())};
  client asking{context.get_executor(), real_clock(), *dial, client_tls.get()};
  echo echoing;
  std::unique_ptr<server> serving;
  origin there;
  bool has_ended{false};
};

TEST_CASE("a request reaches the server as it was, and its answer the client") {
  bool is_tls = false;
  SUBCASE("in the clear") {}
  SUBCASE("over TLS") { is_tls = true; }
  stage stage(is_tls);
  request what;
  what.method = "POST";
  what.target = "/path?query";
  what.body = "hello";
  const result<response> answer = stage.send(what);
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->body == "hello");
  CHECK(answer->headers.get("x-method") == "POST");
  CHECK(answer->headers.get("X-TARGET") == "/path?query");
  CHECK(answer->headers.has("Date"));
}

TEST_CASE("requests of all sizes share one connection") {
  bool is_tls = false;
  SUBCASE("in the clear") {}
  SUBCASE("over TLS") { is_tls = true; }
  stage stage(is_tls);
  for (std::size_t size = 1; size < 5'000'000; size = size * 5 + 1) {
    const std::string body(size, 'x');
    const result<response> answer = stage.post(body);
    REQUIRE(answer.has_value());
    CHECK(answer->body == body);
  }
  CHECK(stage.asking.connections_made() == 1);
}

TEST_CASE("a large request that is answered later leaves the connection sound for the next") {
  stage stage;
  request what;
  what.method = "POST";
  what.target = "/later";
  for (const std::size_t size : {200'000UL, 10UL, 100'000UL, 100'000UL}) {
    what.body = std::string(size, 'x');
    const result<response> answer = stage.send(what);
    REQUIRE(answer.has_value());
    CHECK(answer->body == what.body);
  }
  CHECK(stage.asking.connections_made() == 1);
}

TEST_CASE("a host whose certificate is not trusted is sent nothing, and the error names it") {
  stage stage(true);
  const test_authority other;
  const auto distrustful = tls_context::for_client(other.root_file()).value();
  client asking(stage.context.get_executor(), real_clock(), *stage.dial, distrustful.get());
  const request what;
  const result<response> answer = run(stage.context, asking.send(stage.there, what, soon()));
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == error_kind::tls);
  CHECK(answer.error().message.find("https://127.0.0.1:") == 0);
  CHECK(stage.post("the listener has survived it").has_value());
}

TEST_CASE("a client that speaks HTTP to a TLS port is told to use https, and hurts nobody") {
  stage stage(true);
  const origin in_the_clear{false, "127.0.0.1", stage.there.port};
  const request what;
  const result<response> answer = run(stage.context, stage.asking.send(in_the_clear, what, soon()));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 400);
  CHECK(answer->body == "this port speaks TLS only: use https instead of http\r\n");
  CHECK(stage.post("others are served").has_value());
}

TEST_CASE("a client that begins no TLS is let go after the header's time, while others are served") {
  stage stage(true, 50ms);
  tcp::socket silent(stage.context);
  silent.connect({asio::ip::make_address("127.0.0.1"), stage.there.port});
  CHECK(stage.post("others are served").has_value());
  bool is_let_go = false;
  char byte = 0;
  silent.async_read_some(asio::buffer(&byte, 1), [&](boost::system::error_code ended, std::size_t) {
    is_let_go = ended == asio::error::eof;
  });
  CHECK(run_until(stage.context, [&] { return is_let_go; }));
}

TEST_CASE("a server that stops does not wait for a handshake") {
  stage stage(true);
  tcp::socket silent(stage.context);
  silent.connect({asio::ip::make_address("127.0.0.1"), stage.there.port});
  CHECK(stage.post("the silent one has been accepted").has_value());
  CHECK(stage.serving->connections() == 2);
}

TEST_CASE("a peer that accepts but never speaks TLS is given up after the connect timeout") {
  asio::io_context context;
  const auto dial = make_tcp_dialer(real_clock());
  const auto silent = listen_tcp(context.get_executor(), real_clock(), "127.0.0.1:0").value();
  const test_authority authority;
  const auto tls = tls_context::for_client(authority.root_file()).value();
  client_options options;
  options.connect_timeout = 30ms;
  client asking(context.get_executor(), real_clock(), *dial, tls.get(), options);
  const request what;
  const origin there{true, "127.0.0.1", silent->port()};
  const result<response> answer = run(context, asking.send(there, what, soon()));
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == error_kind::timeout);
}

TEST_CASE("many requests at once are all answered, each with its own answer") {
  stage stage;
  struct one {
    static asio::awaitable<void> ask(client& asking, origin there, int number, int& right) {
      request what;
      what.method = "POST";
      for (int i = 0; i < 20; ++i) {
        what.body = std::to_string(number) + "/" + std::to_string(i);
        const result<response> answer = co_await asking.send(there, what, soon());
        right += answer && answer->body == what.body ? 1 : 0;
      }
    }
  };
  int right = 0;
  for (int number = 0; number < 50; ++number)
    asio::co_spawn(stage.context, one::ask(stage.asking, stage.there, number, right), asio::detached);
  CHECK(run_until(stage.context, [&] { return right == 1000; }));
  CHECK(stage.asking.connections_made() <= 50);
}

TEST_CASE("a client that gives up ends what the server does for it") {
  stage stage;
  request what;
  what.target = "/slow";
  asio::cancellation_signal signal;
  bool has_ended = false;
  asio::co_spawn(
      stage.context, stage.asking.send(stage.there, what, soon()),
      asio::bind_cancellation_slot(
          signal.slot(), [&](const std::exception_ptr&, const result<response>&) { has_ended = true; }));
  CHECK(run_until(stage.context, [&] { return stage.echoing.inside == 1; }));
  signal.emit(asio::cancellation_type::terminal);
  CHECK(run_until(stage.context, [&] { return stage.echoing.inside == 0; }, 5s));
  CHECK(has_ended);
}

TEST_CASE("a connection that the server has closed or reset while it was idle is not used again") {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  asio::io_context context;
  const auto dial = make_tcp_dialer(real_clock());
  client asking(context.get_executor(), real_clock(), *dial, nullptr);
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  struct peer {
    static asio::awaitable<void> play(tcp::acceptor& on, std::string says, bool resets, int& answered) {
      for (;;) {
        tcp::socket socket = co_await on.async_accept(asio::use_awaitable);
        std::string room(1000, '\0');
        co_await socket.async_read_some(asio::buffer(room), asio::use_awaitable);
        co_await socket.async_write_some(asio::buffer(says), asio::use_awaitable);
        ++answered;
        if (resets) socket.set_option(asio::socket_base::linger(true, 0));
      }
    }
  };
  int answered = 0;
  bool resets = false;
  SUBCASE("closed") {}
  SUBCASE("reset") { resets = true; }
  asio::co_spawn(context, peer::play(acceptor, ok, resets, answered), asio::detached);
  const origin there{false, "127.0.0.1", acceptor.local_endpoint().port()};
  const request what;
  for (int i = 1; i <= 3; ++i) {
    const result<response> answer = run(context, asking.send(there, what, soon()));
    // A reset may overtake the answer; what must not happen is that the next request goes to the dead
    // connection.
    if (!resets) CHECK(answer.has_value());
    run_ready(context);
    CHECK(answered == i);
  }
  CHECK(asking.connections_made() == 3);
}

TEST_CASE("nobody listening is an error that names the place and what to look at") {
  stage stage;
  const request what;
  const origin nowhere{false, "127.0.0.1", 1};
  const result<response> answer = run(stage.context, stage.asking.send(nowhere, what, soon()));
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == error_kind::network);
  CHECK(answer.error().message.find("http://127.0.0.1:1: ") == 0);
  CHECK(answer.error().message.find("is it running") != std::string::npos);
}

TEST_CASE("a refusal reaches a client that is still sending") {
  stage stage;
  const auto connection =
      run(stage.context, stage.dial->connect("127.0.0.1", stage.there.port, soon())).value();
  const std::string wire =
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n" + std::string(2'000'000, 'x');
  connection->expires_at(soon());
  CHECK(run(stage.context, connection->write(asio::buffer(wire))).has_value());
  std::string room(1000, '\0');
  const auto got = run(stage.context, connection->read_some(asio::buffer(room)));
  REQUIRE(got.has_value());
  CHECK(room.starts_with("HTTP/1.1 413 "));
}

}  // namespace
}  // namespace lastcall::http
