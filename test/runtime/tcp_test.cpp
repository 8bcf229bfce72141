#include "runtime/tcp.hpp"

#include "runtime/tcp_connect.hpp"
#include "support/manual_clock.hpp"
#include "support/run.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <set>

namespace lastcall {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;

/// Real sockets on virtual time: no deadline comes before the test lets it.
struct stage {
  asio::io_context context;
  testing::manual_clock clock{context};
  std::unique_ptr<dialer> dial{make_tcp_dialer(clock)};
  std::unique_ptr<listener> listening{listen_tcp(context.get_executor(), clock, "127.0.0.1:0").value()};
  std::unique_ptr<stream> here;
  std::unique_ptr<stream> there;

  steady_time soon() { return clock.now() + 10s; }
  template <class T>
  T run(asio::awaitable<T> task) {
    return testing::run(context, std::move(task));
  }
  void connect() {
    here = run(dial->connect("127.0.0.1", listening->port(), soon())).value();
    there = run(listening->accept()).value();
  }
  result<std::size_t> read(stream& from) {
    room.assign(1000, '\0');
    return run(from.read_some(asio::buffer(room)));
  }
  result<void> write(stream& to, const std::string& text) { return run(to.write(asio::buffer(text))); }

  std::string room;
};

/// Starts an operation and notes what became of it.
template <class T>
void start(asio::io_context& context, asio::awaitable<result<T>> operation, std::optional<error_kind>& ended,
           asio::cancellation_slot slot = {}) {
  asio::co_spawn(
      context, std::move(operation),
      asio::bind_cancellation_slot(slot, [&ended](const std::exception_ptr& e, const result<T>& r) {
        if (!e && !r) ended = r.error().kind;
      }));
  testing::run_ready(context);
}

TEST_CASE("bytes go both ways, and an end is an end") {
  stage stage;
  stage.connect();
  CHECK(stage.here->peer() == stage.listening->address());
  CHECK(stage.write(*stage.here, "there").has_value());
  CHECK(stage.read(*stage.there).value() == 5);
  CHECK(stage.room.starts_with("there"));
  CHECK(stage.write(*stage.there, "here").has_value());
  CHECK(stage.read(*stage.here).value() == 4);
  stage.there->close();
  const result<std::size_t> end = stage.read(*stage.here);
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().kind == error_kind::network);
  CHECK(end.error().code == "eof");
}

asio::awaitable<void> read_all(stream& from, std::size_t expected, std::size_t& read) {
  std::string room(100'000, '\0');
  while (read < expected) {
    const result<std::size_t> got = co_await from.read_some(asio::buffer(room));
    if (!got) break;
    read += *got;
  }
}

TEST_CASE("a write that is larger than the socket's buffers is written to its end") {
  stage stage;
  stage.connect();
  const std::string large(20'000'000, 'x');
  std::size_t read = 0;
  asio::co_spawn(stage.context, read_all(*stage.there, large.size(), read), asio::detached);
  CHECK(stage.write(*stage.here, large).has_value());
  CHECK(testing::run_until(stage.context, [&] { return read == large.size(); }));
}

TEST_CASE("an operation under way ends with a timeout when its deadline comes") {
  stage stage;
  stage.connect();
  std::optional<error_kind> ended;
  const std::string large(50'000'000, 'x');
  std::string room(10, '\0');
  SUBCASE("a read") {
    stage.here->expires_at(stage.soon());
    start(stage.context, stage.here->read_some(asio::buffer(room)), ended);
  }
  SUBCASE("a write") {
    stage.here->expires_at(stage.soon());
    start(stage.context, stage.here->write(asio::buffer(large)), ended);
  }
  SUBCASE("a deadline that comes nearer while it waits") {
    stage.here->expires_at(stage.soon() + 1h);
    start(stage.context, stage.here->read_some(asio::buffer(room)), ended);
    stage.here->expires_at(stage.soon());
  }
  SUBCASE("a deadline that moves away while it waits") {
    stage.here->expires_at(stage.clock.now() + 1s);
    start(stage.context, stage.here->read_some(asio::buffer(room)), ended);
    stage.here->expires_at(stage.soon());
  }
  stage.clock.advance(9s);
  CHECK_FALSE(ended.has_value());
  stage.clock.advance(1s);
  CHECK(ended == error_kind::timeout);
  CHECK(stage.read(*stage.here).error().kind == error_kind::timeout);
  CHECK_FALSE(stage.here->is_quiet());
}

TEST_CASE("an operation does not begin after its deadline") {
  stage stage;
  stage.connect();
  CHECK(stage.write(*stage.there, "x").has_value());
  stage.here->expires_at(stage.clock.now());
  CHECK(stage.read(*stage.here).error().kind == error_kind::timeout);
}

TEST_CASE("a deadline that passes while nothing is under way, and is then moved, has no effect") {
  stage stage;
  stage.connect();
  stage.here->expires_at(stage.soon());
  CHECK(stage.write(*stage.here, "x").has_value());
  stage.clock.advance(1h);
  stage.here->expires_at(stage.soon());
  CHECK(stage.write(*stage.there, "x").has_value());
  CHECK(stage.read(*stage.here).has_value());
}

TEST_CASE("an idle connection is quiet until something comes, even its end") {
  stage stage;
  stage.connect();
  CHECK(stage.here->is_quiet());
  SUBCASE("bytes") {
    CHECK(stage.write(*stage.there, "x").has_value());
    CHECK_FALSE(stage.here->is_quiet());
    CHECK(stage.read(*stage.here).value() == 1);  // looking has taken nothing
    CHECK(stage.here->is_quiet());
  }
  SUBCASE("its end") {
    stage.there->close();
    CHECK_FALSE(stage.here->is_quiet());
  }
  SUBCASE("closed here") {
    stage.here->close();
    CHECK_FALSE(stage.here->is_quiet());
  }
}

TEST_CASE("a reset is an error of the network, whoever is hit by it") {
  stage stage;
  tcp::acceptor acceptor(stage.context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::uint16_t port = acceptor.local_endpoint().port();
  const auto here = stage.run(stage.dial->connect("127.0.0.1", port, stage.soon())).value();
  tcp::socket there = acceptor.accept();
  there.set_option(asio::socket_base::linger(true, 0));
  there.close();
  SUBCASE("noticed while idle") {
    CHECK_FALSE(here->is_quiet());
    return;
  }
  std::string room(10, '\0');
  const auto read = stage.run(here->read_some(asio::buffer(room)));
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().kind == error_kind::network);
  CHECK(read.error().code == "reset");
  const auto written = stage.run(here->write(asio::buffer(room)));
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().kind == error_kind::network);
}

TEST_CASE("closing ends what is under way, and what comes later") {
  stage stage;
  stage.connect();
  std::optional<error_kind> ended;
  std::string room(10, '\0');
  start(stage.context, stage.here->read_some(asio::buffer(room)), ended);
  stage.here->close();
  stage.here->close();
  testing::run_ready(stage.context);
  CHECK(ended == error_kind::cancelled);
  CHECK(stage.read(*stage.here).error().kind == error_kind::cancelled);
  CHECK(stage.write(*stage.here, "x").error().kind == error_kind::cancelled);
}

TEST_CASE("cancelling the coroutine ends what it does at once") {
  stage stage;
  stage.connect();
  stage.here->expires_at(stage.soon());
  asio::cancellation_signal signal;
  std::optional<error_kind> ended;
  std::string room(10, '\0');
  const std::string large(50'000'000, 'x');
  SUBCASE("a read") { start(stage.context, stage.here->read_some(asio::buffer(room)), ended, signal.slot()); }
  SUBCASE("a write") { start(stage.context, stage.here->write(asio::buffer(large)), ended, signal.slot()); }
  SUBCASE("an accept") { start(stage.context, stage.listening->accept(), ended, signal.slot()); }
  CHECK_FALSE(ended.has_value());
  signal.emit(asio::cancellation_type::terminal);
  testing::run_ready(stage.context);
  CHECK(ended == error_kind::cancelled);
}

TEST_CASE("what is closed leaves nothing for the context to wait for") {
  stage stage;
  stage.connect();
  stage.here->expires_at(stage.soon());
  CHECK(stage.write(*stage.here, "x").has_value());
  stage.here.reset();
  stage.there.reset();
  stage.listening->close();
  testing::run_ready(stage.context);
  CHECK(stage.context.stopped());
}

TEST_CASE("a connection that is refused says where, and what to look at") {
  stage stage;
  const std::uint16_t port = stage.listening->port();
  stage.listening->close();
  const auto refused = stage.run(stage.dial->connect("127.0.0.1", port, stage.soon()));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == error_kind::network);
  CHECK(refused.error().message.find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
  CHECK(refused.error().message.find("refused") != std::string::npos);
}

TEST_CASE("a name with several addresses is reached by the one that answers") {
  stage stage;
  // localhost is ::1 and 127.0.0.1 on most systems; the listener is on the second only.
  const auto connected = stage.run(stage.dial->connect("localhost", stage.listening->port(), stage.soon()));
  CHECK(connected.has_value());
}

/// A listener whose backlog is full: it does not answer, and needs no network outside this machine.
struct deaf_listener {
  explicit deaf_listener(asio::io_context& context) : acceptor(context) {
    acceptor.open(tcp::v4());
    acceptor.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    acceptor.listen(0);
    const tcp::endpoint to = acceptor.local_endpoint();
    for (int i = 0; i < 4; ++i) {
      filling.emplace_back(context, tcp::v4());
      filling.back().native_non_blocking(true);
      static_cast<void>(
          ::connect(filling.back().native_handle(), to.data(), static_cast<socklen_t>(to.size())));
    }
  }
  tcp::endpoint endpoint() const { return acceptor.local_endpoint(); }

  tcp::acceptor acceptor;
  std::vector<tcp::socket> filling;
};

TEST_CASE("an address that does not answer is given up at the deadline, and at once when cancelled") {
  asio::io_context context;
  testing::manual_clock clock(context);
  const auto dial = make_tcp_dialer(clock);
  const deaf_listener deaf(context);
  asio::cancellation_signal signal;
  std::optional<error_kind> ended;
  start(context, dial->connect("127.0.0.1", deaf.endpoint().port(), clock.now() + 10s), ended, signal.slot());
  clock.advance(9s);
  CHECK_FALSE(ended.has_value());
  SUBCASE("deadline") {
    clock.advance(1s);
    CHECK(ended == error_kind::timeout);
  }
  SUBCASE("cancelled") {
    signal.emit(asio::cancellation_type::terminal);
    testing::run_ready(context);
    CHECK(ended == error_kind::cancelled);
  }
  CHECK(context.stopped());  // the attempt was ended as well
}

asio::awaitable<void> note_stream(asio::awaitable<result<std::unique_ptr<stream>>> connecting,
                                  std::string& peer) {
  const result<std::unique_ptr<stream>> connected = co_await std::move(connecting);
  peer = connected ? (*connected)->peer() : connected.error().message;
}

TEST_CASE("an address that does not answer does not hold up the next one for long") {
  stage stage;
  const deaf_listener deaf(stage.context);
  const tcp::endpoint good(asio::ip::address_v4::loopback(), stage.listening->port());
  std::vector<tcp::endpoint> endpoints{deaf.endpoint(), good};
  std::string peer;
  asio::co_spawn(stage.context,
                 note_stream(connect_first(endpoints, "peer", stage.clock, stage.soon()), peer),
                 asio::detached);
  stage.clock.advance(249ms);
  CHECK(peer.empty());
  stage.clock.advance(1ms);
  CHECK(testing::run_until(stage.context, [&] { return !peer.empty(); }));
  CHECK(peer == stage.listening->address());
}

TEST_CASE("an address that refuses holds up the next one not at all, and the last refusal is told") {
  stage stage;
  const tcp::endpoint good(asio::ip::address_v4::loopback(), stage.listening->port());
  const tcp::endpoint refusing(asio::ip::address_v4::loopback(), 1);
  std::vector<tcp::endpoint> endpoints{refusing, refusing, good};
  CHECK(stage.run(connect_first(endpoints, "peer", stage.clock, stage.soon())).has_value());
  endpoints = {refusing, refusing};
  const auto refused = stage.run(connect_first(endpoints, "peer", stage.clock, stage.soon()));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == error_kind::network);
}

TEST_CASE("a listener tells its address, and ends its accept when it is closed") {
  stage stage;
  CHECK(stage.listening->port() != 0);
  CHECK(stage.listening->address() == "127.0.0.1:" + std::to_string(stage.listening->port()));
  std::optional<error_kind> ended;
  start(stage.context, stage.listening->accept(), ended);
  stage.listening->close();
  testing::run_ready(stage.context);
  CHECK(ended == error_kind::cancelled);
}

TEST_CASE("all addresses are listened on when none is given") {
  stage stage;
  const auto all = listen_tcp(stage.context.get_executor(), stage.clock, ":0").value();
  CHECK(stage.run(stage.dial->connect("127.0.0.1", all->port(), stage.soon())).has_value());
}

TEST_CASE("an address that can't be listened on says why and what to do") {
  stage stage;
  const auto problem = [&](const std::string& address) {
    const auto refused = listen_tcp(stage.context.get_executor(), stage.clock, address);
    return refused ? std::string("none") : refused.error().message;
  };
  CHECK(problem(stage.listening->address()).find("another process holds the port") != std::string::npos);
  CHECK(problem("192.0.2.77:0").find("no such address") != std::string::npos);
  CHECK(problem("example.org:80").find("address of this machine") != std::string::npos);
  CHECK(problem("127.0.0.1").find("ADDRESS:PORT") != std::string::npos);
  CHECK(problem("127.0.0.1:65536").find("0 to 65535") != std::string::npos);
  CHECK(problem("127.0.0.1:http").find("0 to 65535") != std::string::npos);
  CHECK(problem("::1:80").find("brackets") != std::string::npos);
}

std::set<int> open_sockets() {
  std::set<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    if (std::filesystem::read_symlink(entry.path(), ignored).string().starts_with("socket:"))
      found.insert(std::stoi(entry.path().filename()));
  }
  return found;
}

TEST_CASE("no socket is inherited by a child process") {
  const std::set<int> before = open_sockets();
  stage stage;
  stage.connect();
  int checked = 0;
  for (const int fd : open_sockets()) {
    if (before.contains(fd)) continue;
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    ++checked;
  }
  CHECK(checked == 3);
}

}  // namespace
}  // namespace lastcall
