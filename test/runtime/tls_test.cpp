#include "runtime/tls.hpp"

#include "runtime/tcp.hpp"
#include "runtime/tls_engine.hpp"
#include "support/run.hpp"
#include "support/test_authority.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <optional>

namespace lastcall {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using testing::test_authority;

steady_time soon() { return real_clock().now() + 10s; }
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

test_authority& authority() {
  static test_authority made;
  return made;
}

/// Two connected streams; each side becomes TLS as the test says.
struct stage {
  asio::io_context context;
  std::unique_ptr<dialer> dial{make_tcp_dialer(real_clock())};
  std::unique_ptr<listener> listening{
      listen_tcp(context.get_executor(), real_clock(), "127.0.0.1:0").value()};
  std::unique_ptr<stream> here;
  std::unique_ptr<stream> there;
  std::unique_ptr<tls_context> client{tls_context::for_client(authority().root_file()).value()};
  std::unique_ptr<tls_context> server;
  std::optional<result<void>> accepted;
  std::string room;

  template <class T>
  T run(asio::awaitable<T> task) {
    return testing::run(context, std::move(task));
  }

  explicit stage(const test_authority::identity& who) {
    server = tls_context::for_server(who.certificate_file, who.key_file).value();
    here = run(dial->connect("127.0.0.1", listening->port(), soon())).value();
    there = run(listening->accept()).value();
    here->expires_at(soon());
    there->expires_at(soon());
  }
  result<void> shake_hands(const std::string& host) {
    asio::co_spawn(context, there->accept_tls(*server),
                   [this](const std::exception_ptr&, result<void> r) { accepted = std::move(r); });
    const result<void> done = run(here->start_tls(*client, host));
    if (done) CHECK(testing::run_until(context, [this] { return accepted.has_value(); }));
    return done;
  }
  result<std::size_t> read(stream& from) {
    room.assign(100'000, '\0');
    return run(from.read_some(asio::buffer(room)));
  }
  result<void> write(stream& to, const std::string& text) { return run(to.write(asio::buffer(text))); }
};

TEST_CASE("the right host with a trusted certificate is spoken to, by name and by address") {
  stage stage(authority().issue("DNS:queue.example,DNS:*.wild.example,IP:127.0.0.1,IP:::1"));
  std::string host;
  SUBCASE("name") { host = "queue.example"; }
  SUBCASE("name in another case") { host = "QUEUE.example"; }
  SUBCASE("name with a final dot") { host = "queue.example."; }
  SUBCASE("wildcard") { host = "a.wild.example"; }
  SUBCASE("IPv4") { host = "127.0.0.1"; }
  SUBCASE("IPv6") { host = "::1"; }
  const result<void> done = stage.shake_hands(host);
  REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
  CHECK(stage.write(*stage.here, "there").has_value());
  CHECK(stage.read(*stage.there).value() == 5);
  CHECK(stage.write(*stage.there, "here").has_value());
  CHECK(stage.read(*stage.here).value() == 4);
  CHECK(stage.room.starts_with("here"));
}

TEST_CASE("a certificate for other hosts is not accepted, and the error names both") {
  stage stage(authority().issue("DNS:queue.example,DNS:*.wild.example,DNS:part*.some.example,IP:127.0.0.1"));
  std::string host;
  SUBCASE("another name") { host = "other.example"; }
  SUBCASE("a name that fits a part of a wildcard") { host = "partial.some.example"; }
  SUBCASE("a name below") { host = "a.queue.example"; }
  SUBCASE("two levels below a wildcard") { host = "a.b.wild.example"; }
  SUBCASE("another address") { host = "127.0.0.2"; }
  const result<void> done = stage.shake_hands(host);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind == error_kind::tls);
  CHECK(holds(done.error().message, host));
  CHECK(holds(done.error().message, "mismatch"));
  CHECK(holds(done.error().message, "queue.example, *.wild.example, part*.some.example"));
  CHECK(testing::run_until(stage.context, [&] { return stage.accepted.has_value(); }));
  CHECK_FALSE(stage.accepted->has_value());  // the alert has told it
}

TEST_CASE("a certificate without a trusted issuer is not accepted, and the error says what to do") {
  stage stage(authority().self_signed("DNS:queue.example"));
  SUBCASE("self-signed") {}
  SUBCASE("issued by someone whom the system does not know") {
    const test_authority::identity who = authority().issue("DNS:queue.example");
    stage.server = tls_context::for_server(who.certificate_file, who.key_file).value();
    stage.client = tls_context::for_client().value();
  }
  const result<void> done = stage.shake_hands("queue.example");
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind == error_kind::tls);
  CHECK(holds(done.error().message, "queue.example"));
  CHECK(holds(done.error().message, "issuer's certificate in SSL_CERT_FILE"));
}

TEST_CASE("a certificate out of its time is not accepted, and the error points to the clock") {
  testing::validity when;
  SUBCASE("expired") { when = {-7200, -3600}; }
  SUBCASE("not yet valid") { when = {3600, 7200}; }
  stage stage(authority().issue("DNS:queue.example", when));
  const result<void> done = stage.shake_hands("queue.example");
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind == error_kind::tls);
  CHECK(holds(done.error().message, "clock"));
}

TEST_CASE("a host that can't be verified is never connected to") {
  stage stage(authority().issue("DNS:queue.example"));
  const result<void> done = stage.shake_hands("");
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind == error_kind::tls);
}

int note_name(SSL* ssl, int*, void* into) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  *static_cast<std::string*>(into) = name != nullptr ? name : "none";
  return SSL_TLSEXT_ERR_OK;
}

TEST_CASE("the server is told which name is wanted, but no address (RFC 6066 §3)") {
  stage stage(authority().issue("DNS:queue.example,IP:127.0.0.1"));
  std::string told;
  SSL_CTX_set_tlsext_servername_callback(stage.server->native(), &note_name);
  SSL_CTX_set_tlsext_servername_arg(stage.server->native(), &told);
  SUBCASE("name") {
    CHECK(stage.shake_hands("queue.example.").has_value());
    CHECK(told == "queue.example");
  }
  SUBCASE("address") {
    CHECK(stage.shake_hands("127.0.0.1").has_value());
    CHECK(told == "none");
  }
}

TEST_CASE("versions below 1.2 are not spoken") {
  stage stage(authority().issue("DNS:queue.example"));
  SSL_CTX_set_min_proto_version(stage.server->native(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(stage.server->native(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(stage.server->native(), 0);
  const result<void> done = stage.shake_hands("queue.example");
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind == error_kind::tls);
}

TEST_CASE("a peer that does not speak TLS is named as such") {
  stage stage(authority().issue("DNS:queue.example"));
  std::string says;
  SUBCASE("HTTP") { says = "HTTP/1.1 400 Bad Request\r\n\r\n"; }
  SUBCASE("nothing") {}
  if (says.empty())
    stage.there->close();
  else
    CHECK(stage.write(*stage.there, says).has_value());
  const result<void> done = stage.run(stage.here->start_tls(*stage.client, "queue.example"));
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind == error_kind::tls);
  CHECK(holds(done.error().message, "speak TLS"));
}

TEST_CASE("a handshake that does not come to its end is given up at the deadline") {
  stage stage(authority().issue("DNS:queue.example"));
  stage.here->expires_at(real_clock().now() + 20ms);
  const result<void> done = stage.run(stage.here->start_tls(*stage.client, "queue.example"));
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind == error_kind::timeout);
}

TEST_CASE("cancelling the coroutine ends a handshake at once") {
  stage stage(authority().issue("DNS:queue.example"));
  asio::cancellation_signal signal;
  std::optional<error> problem;
  asio::co_spawn(
      stage.context, stage.here->start_tls(*stage.client, "queue.example"),
      asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr& e, result<void> r) {
        if (!e && !r) problem = r.error();
      }));
  testing::run_ready(stage.context);
  CHECK_FALSE(problem.has_value());
  signal.emit(asio::cancellation_type::terminal);
  testing::run_ready(stage.context);
  REQUIRE(problem.has_value());
  CHECK(problem->kind == error_kind::cancelled);
}

TEST_CASE("session tickets do not make an idle connection look used; data and its end do") {
  stage stage(authority().issue("DNS:queue.example"));
  SUBCASE("TLS 1.3") { SSL_CTX_set_num_tickets(stage.server->native(), 4); }
  SUBCASE("TLS 1.2") { SSL_CTX_set_max_proto_version(stage.server->native(), TLS1_2_VERSION); }
  REQUIRE(stage.shake_hands("queue.example").has_value());
  for (int i = 0; i < 3; ++i)
    CHECK(stage.here->is_quiet());
  SUBCASE("data") {
    CHECK(stage.write(*stage.there, "x").has_value());
    CHECK_FALSE(stage.here->is_quiet());
    CHECK_FALSE(stage.here->is_quiet());
  }
  SUBCASE("TLS's end") {
    stage.there->close();
    CHECK_FALSE(stage.here->is_quiet());
  }
  SUBCASE("it is as good as before") {
    CHECK(stage.write(*stage.there, "x").has_value());
    CHECK(stage.read(*stage.here).value() == 1);
    CHECK(stage.here->is_quiet());
  }
}

TEST_CASE("data that came with the handshake is not quiet, though the network is") {
  stage stage(authority().issue("DNS:queue.example"));
  REQUIRE(stage.shake_hands("queue.example").has_value());
  CHECK(stage.write(*stage.there, "two").has_value());
  stage.room.assign(1, '\0');
  CHECK(stage.run(stage.here->read_some(asio::buffer(stage.room))).value() == 1);
  CHECK_FALSE(stage.here->is_quiet());
  CHECK(stage.read(*stage.here).value() == 2);
  CHECK(stage.here->is_quiet());
}

TEST_CASE("closing says goodbye and does not wait for the peer's") {
  stage stage(authority().issue("DNS:queue.example"));
  REQUIRE(stage.shake_hands("queue.example").has_value());
  const auto before = real_clock().now();
  stage.there->close();
  CHECK(real_clock().now() - before < 1s);
  const auto end = stage.read(*stage.here);
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().code == "eof");
}

/// A server whose TLS is done by hand: it can send half a record, or leave without TLS's end.
struct bare_server {
  explicit bare_server(asio::io_context& context, tls_context& tls)
      : acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        socket(context),
        engine(tls, tls_engine::role::server, std::string()) {}

  asio::awaitable<void> accept() {
    socket = co_await acceptor.async_accept(asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    std::string room(20'000, '\0');
    for (;;) {
      const auto step = engine.handshake();
      CHECK(step.has_value());
      if (!step) co_return;
      send();
      is_up = *step == tls_engine::step::done;
      if (is_up) co_return;
      const std::size_t n = co_await socket.async_read_some(asio::buffer(room), asio::use_awaitable);
      engine.receive({room.data(), n});
    }
  }
  void send() { asio::write(socket, asio::buffer(std::exchange(engine.output(), {}))); }

  tcp::acceptor acceptor;
  tcp::socket socket;
  tls_engine engine;
  bool is_up{false};
};

struct bare_stage {
  bare_stage() {
    asio::co_spawn(context, there.accept(), asio::detached);
    const std::uint16_t port = there.acceptor.local_endpoint().port();
    here = testing::run(context, dial->connect("127.0.0.1", port, soon())).value();
    here->expires_at(soon());
    REQUIRE(testing::run(context, here->start_tls(*client, "queue.example")).has_value());
    CHECK(testing::run_until(context, [this] { return there.is_up; }));
    CHECK(here->is_quiet());
  }

  asio::io_context context;
  test_authority::identity who{authority().issue("DNS:queue.example")};
  std::unique_ptr<tls_context> server{tls_context::for_server(who.certificate_file, who.key_file).value()};
  std::unique_ptr<tls_context> client{tls_context::for_client(authority().root_file()).value()};
  bare_server there{context, *server};
  std::unique_ptr<dialer> dial{make_tcp_dialer(real_clock())};
  std::unique_ptr<stream> here;
  std::string room = std::string(100, '\0');
};

TEST_CASE("a connection that was cut is told from one that was ended") {
  bare_stage stage;
  CHECK(stage.there.engine.write("half").has_value());
  stage.there.send();
  stage.there.socket.close();
  CHECK(testing::run(stage.context, stage.here->read_some(asio::buffer(stage.room))).value() == 4);
  const auto end = testing::run(stage.context, stage.here->read_some(asio::buffer(stage.room)));
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().kind == error_kind::network);
  CHECK(end.error().code == "truncated");
}

TEST_CASE("half a record is no data, and does not make an idle connection look used") {
  bare_stage stage;
  CHECK(stage.there.engine.write("half").has_value());
  const std::string record = std::exchange(stage.there.engine.output(), {});
  asio::write(stage.there.socket, asio::buffer(record.substr(0, record.size() / 2)));
  CHECK(stage.here->is_quiet());
  asio::write(stage.there.socket, asio::buffer(record.substr(record.size() / 2)));
  CHECK_FALSE(stage.here->is_quiet());
}

/// Outlives its cancellation, as the tasks of the worker do.
asio::awaitable<void> read_on(stream& from, std::string& room, std::optional<result<std::size_t>>& read) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  read = co_await from.read_some(asio::buffer(room));
}

TEST_CASE("a cancellation that comes together with half a record still ends the read") {
  bare_stage stage;
  CHECK(stage.there.engine.write("half").has_value());
  const std::string record = std::exchange(stage.there.engine.output(), {});
  asio::write(stage.there.socket, asio::buffer(record.substr(0, record.size() / 2)));
  asio::cancellation_signal signal;
  std::optional<result<std::size_t>> read;
  asio::post(stage.context, [&] {
    // It starts here and now, and its receive succeeds at once, before the cancellation.
    asio::co_spawn(stage.context, read_on(*stage.here, stage.room, read),
                   asio::bind_cancellation_slot(signal.slot(), asio::detached));
    signal.emit(asio::cancellation_type::terminal);
  });
  testing::run_ready(stage.context);
  REQUIRE(read.has_value());
  REQUIRE_FALSE(read->has_value());
  CHECK(read->error().kind == error_kind::cancelled);
}

asio::awaitable<void> start_on(stream& with, tls_context& context, std::optional<result<void>>& done) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  done = co_await with.start_tls(context, "queue.example");
}

TEST_CASE("a cancellation that comes together with a part of the handshake still ends it") {
  stage stage(authority().issue("DNS:queue.example"));
  CHECK(stage.write(*stage.there, "\x16\x03\x03").has_value());
  asio::cancellation_signal signal;
  std::optional<result<void>> done;
  asio::post(stage.context, [&] {
    asio::co_spawn(stage.context, start_on(*stage.here, *stage.client, done),
                   asio::bind_cancellation_slot(signal.slot(), asio::detached));
    signal.emit(asio::cancellation_type::terminal);
  });
  testing::run_ready(stage.context);
  REQUIRE(done.has_value());
  REQUIRE_FALSE(done->has_value());
  CHECK(done->error().kind == error_kind::cancelled);
}

TEST_CASE("closing within a record says no goodbye, which would be read as a part of it") {
  bare_stage stage;
  const std::string large(8'000'000, 'x');
  asio::co_spawn(stage.context, stage.here->write(asio::buffer(large)),
                 [](const std::exception_ptr&, const result<void>&) {});
  testing::run_ready(stage.context);
  std::string wire(1'000'000, '\0');
  std::string plain(100'000, '\0');
  bool is_closed = false;
  for (;;) {
    boost::system::error_code ended;
    const std::size_t n = stage.there.socket.read_some(asio::buffer(wire), ended);
    if (ended) break;
    stage.there.engine.receive({wire.data(), n});
    std::size_t read = 0;
    result<tls_engine::step> step = tls_engine::step::done;
    while (step && *step == tls_engine::step::done)
      step = stage.there.engine.read(plain, read);
    CHECK(step.has_value());  // what has come so far is sound
    if (!step) break;
    if (!std::exchange(is_closed, true)) stage.here->close();  // there is room in the socket again
  }
  CHECK(stage.there.engine.ended().code == "truncated");
}

TEST_CASE("an engine says goodbye only when it is up and sound") {
  const auto who = authority().issue("DNS:queue.example");
  const auto server = tls_context::for_server(who.certificate_file, who.key_file).value();
  const auto client = tls_context::for_client(authority().root_file()).value();
  tls_engine here(*client, tls_engine::role::client, "queue.example");
  tls_engine there(*server, tls_engine::role::server, "");
  here.close_notify();
  CHECK(here.output().empty());
  for (int flight = 0; flight < 3; ++flight) {
    CHECK(here.handshake().has_value());
    there.receive(std::exchange(here.output(), {}));
    CHECK(there.handshake().has_value());
    here.receive(std::exchange(there.output(), {}));
  }
  char byte = 0;
  std::size_t read = 0;
  SUBCASE("sound") {
    there.close_notify();
    here.receive(std::exchange(there.output(), {}));
    CHECK(here.read({&byte, 1}, read).error().code == "eof");
    here.close_notify();
    CHECK_FALSE(here.output().empty());
  }
  SUBCASE("broken") {
    CHECK(there.write("x").has_value());
    std::string record = std::exchange(there.output(), {});
    record.back() = static_cast<char>(record.back() ^ 1);
    here.receive(record);
    CHECK(here.read({&byte, 1}, read).error().kind == error_kind::tls);
    CHECK_FALSE(here.output().empty());  // the alert
    here.output().clear();
    here.close_notify();
    CHECK(here.output().empty());
  }
}

asio::awaitable<void> read_all(stream& from, std::size_t expected, std::string& into) {
  std::string room(100'000, '\0');
  while (into.size() < expected) {
    const result<std::size_t> got = co_await from.read_some(asio::buffer(room));
    if (!got) break;
    into.append(room, 0, *got);
  }
}

TEST_CASE("much data goes through unchanged") {
  stage stage(authority().issue("DNS:queue.example"));
  REQUIRE(stage.shake_hands("queue.example").has_value());
  std::string large;
  for (int i = 0; large.size() < 3'000'000; ++i)
    large += std::to_string(i) + ' ';
  std::string read;
  asio::co_spawn(stage.context, read_all(*stage.there, large.size(), read), asio::detached);
  CHECK(stage.write(*stage.here, large).has_value());
  testing::run_until(stage.context, [&] { return read.size() >= large.size(); });
  CHECK(read == large);
}

TEST_CASE("files that can't be used are named, with the reason") {
  const auto message = [](const auto& made) { return made ? std::string("none") : made.error().message; };
  CHECK(holds(message(tls_context::for_client("/no/such/roots.pem")), "/no/such/roots.pem"));
  CHECK(holds(message(tls_context::for_client("/no/such/roots.pem")), "No such file"));
  CHECK(holds(message(tls_context::for_server("/no/such.pem", "/no/such.key")), "/no/such.pem"));
  const auto one = authority().issue("DNS:a.example");
  const auto other = authority().issue("DNS:b.example");
  CHECK(holds(message(tls_context::for_server(one.certificate_file, other.key_file)), other.key_file));
  CHECK(holds(message(tls_context::for_client(one.key_file)), "PEM"));
}

/// Random damage to what a peer sends in a handshake: an error or a wish for more, never a crash.
TEST_CASE("no bytes break the TLS engine") {
  const auto client = tls_context::for_client(authority().root_file()).value();
  unsigned state = 7;
  for (int round = 0; round < 300; ++round) {
    tls_engine engine(*client, tls_engine::role::client, "queue.example");
    CHECK(engine.handshake().has_value());
    std::string rubbish = "\x16\x03\x03";
    for (int i = 0; i < 60; ++i) {
      state = state * 1'664'525U + 1'013'904'223U;
      rubbish += static_cast<char>(state >> 24);
    }
    rubbish[3] = 0;
    rubbish[4] = static_cast<char>(round % 70);
    engine.receive(rubbish);
    static_cast<void>(engine.handshake());
    static_cast<void>(engine.has_plain());
  }
}

TEST_CASE("a server with a protocol of its own speaks it, or nothing, to clients that name protocols") {
  const auto who = authority().issue("DNS:queue.example");
  stage stage(who);
  stage.server = tls_context::for_server(who.certificate_file, who.key_file, "http/1.1").value();
  std::string offered;
  bool is_served = false;
  SUBCASE("names none") { is_served = true; }
  SUBCASE("names it among others") {
    offered = "\x02h2\x08http/1.1";
    is_served = true;
  }
  SUBCASE("names only others") { offered = "\x02h2"; }
  if (!offered.empty())
    SSL_CTX_set_alpn_protos(stage.client->native(), reinterpret_cast<const unsigned char*>(offered.data()),
                            static_cast<unsigned>(offered.size()));
  CHECK(stage.shake_hands("queue.example").has_value() == is_served);
}

}  // namespace
}  // namespace lastcall
