#include "http/client.hpp"

#include "support/manual_clock.hpp"
#include "support/memory_network.hpp"
#include "support/scripted_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

#include <optional>

namespace lastcall::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace lastcall::testing;

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A client, and a peer that plays what the test wrote, in memory and on virtual time.
struct stage {
  explicit stage(std::vector<scripted_server::script> scripts, client_options options = {})
      : asking(context.get_executor(), clock, network, nullptr, options),
        peer(context.get_executor(), clock, network.listen(80), std::move(scripts)) {}

  result<response> send(const std::string& method = "POST", std::chrono::nanoseconds time = 10s) {
    request what;
    what.method = method;
    return send(what, time);
  }
  result<response> send(const request& what, std::chrono::nanoseconds time = 10s) {
    return clock.run(asking.send(there, what, clock.now() + time));
  }

  asio::io_context context;
  manual_clock clock{context};
  memory_network network{context.get_executor(), clock};
  client asking;
  scripted_server peer;
  origin there{false, "peer", 80};
};

TEST_CASE("requests one after the other share a connection, and concurrent ones do not") {
  stage stage(
      {{hear("\r\n\r\n"), say(ok), hear("\r\n\r\n"), say(ok), hold()}, {hear("\r\n\r\n"), say(ok), hold()}});
  CHECK(stage.send().has_value());
  int answered = 0;
  const request what;
  for (int i = 0; i < 2; ++i)
    asio::co_spawn(stage.context, stage.asking.send(stage.there, what, stage.clock.now() + 10s),
                   [&](const std::exception_ptr&, const result<response>& r) { answered += r ? 1 : 0; });
  stage.clock.run_ready();
  CHECK(answered == 2);
  CHECK(stage.asking.connections_made() == 2);
}

TEST_CASE(
    "of the idle connections the one used last is used next, so that the surplus gets old and is closed") {
  client_options options;
  options.idle_timeout = 30s;
  const scripted_server::script many{hear("\r\n\r\n"), say(ok), hear("\r\n\r\n"), say(ok), hear("\r\n\r\n"),
                                     say(ok),          hold()};
  stage stage({{hear("\r\n\r\n"), wait(1s), say(ok), hold()}, many}, options);
  const request what;
  for (int i = 0; i < 2; ++i)
    asio::co_spawn(stage.context, stage.asking.send(stage.there, what, stage.clock.now() + 10s),
                   asio::detached);
  stage.clock.advance(1s);
  // The second connection has rested for 1 s, the first has just come back: it is the one that is used.
  CHECK_FALSE(stage.send("GET", 1s).has_value());
  CHECK(stage.send().has_value());
  stage.clock.advance(20s);
  CHECK(stage.send().has_value());
  CHECK(stage.asking.connections_made() == 2);
}

TEST_CASE("an idle connection is closed when its time is over, without anyone asking for it") {
  client_options options;
  options.idle_timeout = 30s;
  stage stage({{hear("\r\n\r\n"), say(ok), hold()}}, options);
  CHECK(stage.send().has_value());
  stage.clock.advance(29s);
  CHECK(stage.peer.ended() == 0);
  stage.clock.advance(1s);
  CHECK(stage.peer.ended() == 1);
  CHECK(stage.clock.waiting() == 0);
  CHECK(stage.send().has_value());
  stage.clock.advance(30s);
  CHECK(stage.peer.ended() == 2);
}

TEST_CASE("no more idle connections are kept than the limit") {
  client_options options;
  options.idle_per_origin = 2;
  stage stage({{hear("\r\n\r\n"), say(ok), hold()}}, options);
  const request what;
  for (int i = 0; i < 5; ++i)
    asio::co_spawn(stage.context, stage.asking.send(stage.there, what, stage.clock.now() + 10s),
                   asio::detached);
  stage.clock.run_ready();
  CHECK(stage.peer.connections() == 5);
  CHECK(stage.peer.ended() == 3);
}

TEST_CASE("a connection that was closed while it was idle is not used again") {
  scripted_server::script first{hear("\r\n\r\n"), say(ok), wait(1s), end()};
  SUBCASE("closed") {}
  SUBCASE("reset") { first.back() = reset(); }
  stage stage({first, {hear("\r\n\r\n"), say(ok), hold()}});
  CHECK(stage.send().has_value());
  stage.clock.advance(2s);
  CHECK(stage.send().has_value());
  CHECK(stage.asking.connections_made() == 2);
}

TEST_CASE("a connection on which something came after the answer is not used again") {
  const std::string stray = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray";
  scripted_server::script first;
  SUBCASE("with the answer") { first = {hear("\r\n\r\n"), say(ok + stray), hold()}; }
  SUBCASE("later, while idle") { first = {hear("\r\n\r\n"), say(ok), wait(1s), say(stray), hold()}; }
  stage stage({first, {hear("\r\n\r\n"), say(ok), hold()}});
  CHECK(stage.send().value().body == "ok");
  stage.clock.advance(2s);
  CHECK(stage.send().value().body == "ok");
  CHECK(stage.asking.connections_made() == 2);
}

TEST_CASE("a connection that the server wants closed is not used again") {
  std::string last;
  SUBCASE("Connection: close") {
    last = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
  }
  SUBCASE("HTTP/1.0") { last = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"; }
  stage stage({{hear("\r\n\r\n"), say(last), hold()}, {hear("\r\n\r\n"), say(ok), hold()}});
  CHECK(stage.send().value().body == "ok");
  CHECK(stage.send().value().body == "ok");
  CHECK(stage.asking.connections_made() == 2);
  CHECK(stage.peer.ended() == 1);
}

TEST_CASE("answers of all forms are read to their end, and the connection is used again") {
  std::string method = "POST";
  std::string wire;
  std::string body = "hello";
  SUBCASE("chunked") {
    wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  }
  SUBCASE("after 100 Continue") {
    wire = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  }
  SUBCASE("204") {
    wire = "HTTP/1.1 204 No Content\r\n\r\n";
    body = "";
  }
  SUBCASE("304 with a length") {
    wire = "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n";
    body = "";
  }
  SUBCASE("to a HEAD") {
    method = "HEAD";
    wire = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    body = "";
  }
  stage stage({{hear("\r\n\r\n"), say(wire), hear("\r\n\r\n"), say(ok), hold()}});
  CHECK(stage.send(method).value().body == body);
  CHECK(stage.send().value().body == "ok");
  CHECK(stage.asking.connections_made() == 1);
}

TEST_CASE("an answer without a length ends with its connection") {
  stage stage({{hear("\r\n\r\n"), say("HTTP/1.1 200 OK\r\n\r\nhel"), wait(1s), say("lo"), end()},
               {hear("\r\n\r\n"), say(ok), hold()}});
  CHECK(stage.send().value().body == "hello");
  CHECK(stage.send().value().body == "ok");
  CHECK(stage.asking.connections_made() == 2);
}

TEST_CASE("an answer that does not come to its end is an error, and its connection is not used again") {
  scripted_server::script first{hear("\r\n\r\n")};
  auto expected = error_kind::network;
  SUBCASE("closed without an answer") { first.push_back(end()); }
  SUBCASE("closed within the headers") {
    first.push_back(say("HTTP/1.1 200 O"));
    first.push_back(end());
  }
  SUBCASE("closed within the body") {
    first.push_back(say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"));
    first.push_back(end());
  }
  SUBCASE("reset within the body") {
    first.push_back(say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"));
    first.push_back(wait(1s));
    first.push_back(reset());
  }
  SUBCASE("no answer at all") {
    first.push_back(hold());
    expected = error_kind::timeout;
  }
  SUBCASE("half an answer and then nothing") {
    first.push_back(say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"));
    first.push_back(hold());
    expected = error_kind::timeout;
  }
  SUBCASE("a byte now and then") {
    first.push_back(say("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"));
    for (int i = 0; i < 20; ++i) {
      first.push_back(say("x"));
      first.push_back(wait(1s));
    }
    expected = error_kind::timeout;
  }
  SUBCASE("rubbish") {
    first.push_back(say("this is not the protocol that you are looking for\r\n"));
    first.push_back(hold());
    expected = error_kind::protocol;
  }
  SUBCASE("a switch of protocols that nobody asked for") {
    first.push_back(say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"));
    first.push_back(hold());
    expected = error_kind::protocol;
  }
  stage stage({first, {hear("\r\n\r\n"), say(ok), hold()}});
  const result<response> broken = stage.send("POST", 10s);
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().kind == expected);
  CHECK(broken.error().message.find("peer:80") != std::string::npos);
  CHECK(stage.clock.elapsed() <= 10s);
  CHECK(stage.send().value().body == "ok");
  CHECK(stage.asking.connections_made() == 2);
}

TEST_CASE("an answer above the limits is refused before it is in memory") {
  client_options options;
  options.max_header_bytes = 1000;
  options.max_body_bytes = 10'000;
  std::string wire;
  SUBCASE("headers") { wire = "HTTP/1.1 200 OK\r\nX-A: " + std::string(2000, 'x'); }
  SUBCASE("body by its length") { wire = "HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n"; }
  SUBCASE("body without a length") { wire = "HTTP/1.1 200 OK\r\n\r\n" + std::string(10'001, 'x'); }
  SUBCASE("chunks") { wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n"; }
  SUBCASE("a chunk's header") {
    wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(1'000'000, 'x');
  }
  stage stage({{hear("\r\n\r\n"), say(wire), hold()}}, options);
  const result<response> refused = stage.send();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == error_kind::protocol);
  CHECK(stage.peer.ended() == 1);
}

TEST_CASE("a refusal that comes before a large request was sent is returned") {
  asio::io_context context;
  manual_clock clock(context);
  memory_network network(context.get_executor(), clock, 10'000);
  client asking(context.get_executor(), clock, network, nullptr);
  scripted_server peer(
      context.get_executor(), clock, network.listen(80),
      {{hear("\r\n\r\n"), say("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"), wait(1s), end()}});
  request what;
  what.method = "POST";
  what.body.assign(1'000'000, 'x');
  const result<response> answer = clock.run(asking.send({false, "peer", 80}, what, clock.now() + 10s));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 413);
}

TEST_CASE("a peer that does not accept is given up after the connect timeout, one that refuses at once") {
  stage stage({{hold()}});
  stage.network.is_deaf = true;
  const result<response> deaf = stage.send("POST", 60s);
  REQUIRE_FALSE(deaf.has_value());
  CHECK(deaf.error().kind == error_kind::timeout);
  CHECK(stage.clock.elapsed() == 5s);
  stage.network.is_deaf = false;
  const request what;
  const result<response> refused =
      stage.clock.run(stage.asking.send({false, "peer", 81}, what, stage.clock.now() + 10s));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == error_kind::network);
  CHECK(stage.clock.elapsed() == 5s);
}

TEST_CASE("a request that would break the protocol is refused without a connection") {
  stage stage({{hold()}});
  request what;
  what.headers.add("X-A", "b\r\nX-Injected: c");
  const result<response> refused = stage.send(what);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == error_kind::invalid);
  CHECK(stage.peer.connections() == 0);
}

TEST_CASE("TLS is not replaced by plain text when the client was made without it") {
  stage stage({{hold()}});
  const request what;
  const result<response> refused =
      stage.clock.run(stage.asking.send({true, "peer", 80}, what, stage.clock.now() + 10s));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == error_kind::invalid);
  CHECK(stage.network.connected() == 0);
}

TEST_CASE("Host names the port only where the scheme does not imply it") {
  stage stage({{hear("\r\n\r\n"), say(ok), hold()}});
  CHECK(stage.send().has_value());
  CHECK(stage.peer.heard().find("\r\nHost: peer\r\n") != std::string::npos);
  scripted_server other(stage.context.get_executor(), stage.clock, stage.network.listen(8080),
                        {{hear("\r\n\r\n"), say(ok), hold()}});
  const request what;
  CHECK(stage.clock.run(stage.asking.send({false, "::1", 8080}, what, stage.clock.now() + 10s)).has_value());
  CHECK(other.heard().find("\r\nHost: [::1]:8080\r\n") != std::string::npos);
}

TEST_CASE("after close nothing is kept, and requests under way go on") {
  stage stage({{hear("\r\n\r\n"), say(ok), hold()}, {hear("\r\n\r\n"), wait(5s), say(ok), hold()}});
  CHECK(stage.send().has_value());
  std::optional<result<response>> answer;
  const request what;
  request other;
  other.method = "PUT";
  CHECK(stage.peer.ended() == 0);
  stage.asking.close();
  stage.clock.run_ready();
  CHECK(stage.peer.ended() == 1);
  CHECK(stage.clock.waiting() == 0);
  asio::co_spawn(stage.context, stage.asking.send(stage.there, what, stage.clock.now() + 10s),
                 [&](const std::exception_ptr&, result<response> r) { answer = std::move(r); });
  stage.clock.advance(1s);
  stage.asking.close();
  stage.clock.advance(4s);
  REQUIRE(answer.has_value());
  CHECK(answer->has_value());
  CHECK(stage.peer.ended() == 2);
}

/// A task that outlives its cancellation, as those of the worker do, and reports what `send` returned.
asio::awaitable<void> send_and_tell(client& asking, origin there, steady_time deadline,
                                    std::optional<result<response>>& answer) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  const request what;
  answer = co_await asking.send(there, what, deadline);
}

TEST_CASE("cancelling ends a request at once, whatever it waits for, and closes its connection") {
  scripted_server::script first;
  bool is_deaf = false;
  SUBCASE("the connection") { is_deaf = true; }
  SUBCASE("the answer") { first = {hear("\r\n\r\n"), hold()}; }
  SUBCASE("the rest of the answer") {
    first = {hear("\r\n\r\n"), say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"), hold()};
  }
  first.push_back(hold());
  stage stage({first, {hear("\r\n\r\n"), say(ok), hold()}});
  stage.network.is_deaf = is_deaf;
  asio::cancellation_signal signal;
  std::optional<result<response>> answer;
  asio::co_spawn(stage.context, send_and_tell(stage.asking, stage.there, stage.clock.now() + 10s, answer),
                 asio::bind_cancellation_slot(signal.slot(), asio::detached));
  stage.clock.advance(1s);
  REQUIRE_FALSE(answer.has_value());
  signal.emit(asio::cancellation_type::terminal);
  stage.clock.run_ready();
  REQUIRE(answer.has_value());
  REQUIRE_FALSE(answer->has_value());
  CHECK(answer->error().kind == error_kind::cancelled);
  CHECK(stage.clock.elapsed() == 1s);
  stage.network.is_deaf = false;
  CHECK(stage.peer.ended() == stage.peer.connections());
  const std::size_t before = stage.peer.connections();
  stage.send("POST", 1s);
  CHECK(stage.peer.connections() == before + 1);
}

TEST_CASE("a cancellation that comes together with a part of the answer still ends the request") {
  asio::cancellation_signal signal;
  // The read has succeeded, and its coroutine is about to go on, when the cancellation comes.
  const auto cancel = [&] { signal.emit(asio::cancellation_type::terminal); };
  stage stage({{hear("\r\n\r\n"), wait(1s), say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"),
                call(cancel), hold()}});
  std::optional<result<response>> answer;
  asio::co_spawn(stage.context, send_and_tell(stage.asking, stage.there, stage.clock.now() + 10s, answer),
                 asio::bind_cancellation_slot(signal.slot(), asio::detached));
  stage.clock.advance(1s);
  REQUIRE(answer.has_value());
  REQUIRE_FALSE(answer->has_value());
  CHECK(answer->error().kind == error_kind::cancelled);
}

/// Connects, and cancels whoever asked for it in the same moment.
class cancelling_dialer final : public dialer {
 public:
  cancelling_dialer(dialer& below, asio::cancellation_signal& signal) : below_(below), signal_(signal) {}
  asio::awaitable<result<std::unique_ptr<stream>>> connect(std::string host, std::uint16_t port,
                                                           steady_time deadline) override {
    result<std::unique_ptr<stream>> connected = co_await below_.connect(std::move(host), port, deadline);
    signal_.emit(asio::cancellation_type::terminal);
    co_return connected;
  }

 private:
  dialer& below_;
  asio::cancellation_signal& signal_;
};

TEST_CASE("a cancellation that comes together with the connection sends nothing") {
  stage stage({{hear("\r\n\r\n"), say(ok), hold()}});
  asio::cancellation_signal signal;
  cancelling_dialer dial(stage.network, signal);
  client asking(stage.context.get_executor(), stage.clock, dial, nullptr);
  std::optional<result<response>> answer;
  asio::co_spawn(stage.context, send_and_tell(asking, stage.there, stage.clock.now() + 10s, answer),
                 asio::bind_cancellation_slot(signal.slot(), asio::detached));
  stage.clock.run_ready();
  REQUIRE(answer.has_value());
  REQUIRE_FALSE(answer->has_value());
  CHECK(answer->error().kind == error_kind::cancelled);
  CHECK(stage.peer.heard().empty());
}

TEST_CASE("a task that was cancelled before can still send what it owes") {
  stage stage({{hear("\r\n\r\n"), hold()}, {hear("\r\n\r\n"), say(ok), hold()}});
  struct owing {
    static asio::awaitable<void> task(client& asking, origin there, manual_clock& clock,
                                      std::optional<result<response>>& answer) {
      co_await send_and_tell(asking, there, clock.now() + 10s, answer);
      co_await send_and_tell_again(asking, there, clock.now() + 10s, answer);
    }
    static asio::awaitable<void> send_and_tell_again(client& asking, origin there, steady_time deadline,
                                                     std::optional<result<response>>& answer) {
      const request what;
      answer = co_await asking.send(there, what, deadline);
    }
  };
  asio::cancellation_signal signal;
  std::optional<result<response>> answer;
  asio::co_spawn(stage.context, owing::task(stage.asking, stage.there, stage.clock, answer),
                 asio::bind_cancellation_slot(signal.slot(), asio::detached));
  stage.clock.advance(1s);
  signal.emit(asio::cancellation_type::terminal);
  stage.clock.run_ready();
  REQUIRE(answer.has_value());
  CHECK(answer->has_value());
}

}  // namespace
}  // namespace lastcall::http
