#include "runtime/tcp.hpp"

#include "runtime/tcp_connect.hpp"
#include "support/run.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <fcntl.h>
#include <filesystem>
#include <optional>

namespace lastcall {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;

steady_time soon() { return real_clock().now() + 10s; }

struct stage {
  asio::io_context context;
  std::unique_ptr<dialer> dial{make_tcp_dialer(real_clock())};
  std::unique_ptr<listener> listening{
      listen_tcp(context.get_executor(), real_clock(), "127.0.0.1:0").value()};
  std::unique_ptr<stream> here;
  std::unique_ptr<stream> there;

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
  testing::run_for(stage.context, 5s);
  CHECK(read == large.size());
}

TEST_CASE("an operation under way ends with a timeout when its deadline comes") {
  stage stage;
  stage.connect();
  SUBCASE("a read") {
    stage.here->expires_at(real_clock().now() + 20ms);
    CHECK(stage.read(*stage.here).error().kind == error_kind::timeout);
  }
  SUBCASE("a write") {
    stage.here->expires_at(real_clock().now() + 20ms);
    CHECK(stage.write(*stage.here, std::string(50'000'000, 'x')).error().kind == error_kind::timeout);
  }
  SUBCASE("a deadline that comes nearer") {
    stage.here->expires_at(real_clock().now() + 1h);
    CHECK(stage.write(*stage.here, "x").has_value());
    stage.here->expires_at(real_clock().now() + 20ms);
    CHECK(stage.read(*stage.here).error().kind == error_kind::timeout);
  }
  SUBCASE("a deadline that had passed before it began") {
    stage.here->expires_at(real_clock().now() - 1ms);
    CHECK(stage.read(*stage.here).error().kind == error_kind::timeout);
  }
  CHECK(stage.read(*stage.here).error().kind == error_kind::timeout);
  CHECK_FALSE(stage.here->is_quiet());
}

TEST_CASE("a deadline that passes while nothing is under way, and is then moved, has no effect") {
  stage stage;
  stage.connect();
  stage.here->expires_at(real_clock().now() + 5ms);
  CHECK(stage.write(*stage.here, "x").has_value());
  testing::run_for(stage.context, 20ms);
  stage.here->expires_at(soon());
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
  asio::io_context context;
  const auto dial = make_tcp_dialer(real_clock());
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto here =
      testing::run(context, dial->connect("127.0.0.1", acceptor.local_endpoint().port(), soon())).value();
  tcp::socket there = acceptor.accept();
  there.set_option(asio::socket_base::linger(true, 0));
  there.close();
  SUBCASE("noticed while idle") {
    CHECK_FALSE(here->is_quiet());
    return;
  }
  std::string room(10, '\0');
  const auto read = testing::run(context, here->read_some(asio::buffer(room)));
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().kind == error_kind::network);
  CHECK(read.error().code == "reset");
  const auto written = testing::run(context, here->write(asio::buffer(room)));
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().kind == error_kind::network);
}

TEST_CASE("closing ends what is under way, and what comes later") {
  stage stage;
  stage.connect();
  std::optional<result<std::size_t>> read;
  std::string room(10, '\0');
  asio::co_spawn(stage.context, stage.here->read_some(asio::buffer(room)),
                 [&](const std::exception_ptr&, result<std::size_t> r) { read = std::move(r); });
  testing::run_ready(stage.context);
  stage.here->close();
  stage.here->close();
  testing::run_for(stage.context, 1s);
  REQUIRE(read.has_value());
  CHECK(read->error().kind == error_kind::cancelled);
  CHECK(stage.read(*stage.here).error().kind == error_kind::cancelled);
  CHECK(stage.write(*stage.here, "x").error().kind == error_kind::cancelled);
}

TEST_CASE("cancelling the coroutine ends its read at once") {
  stage stage;
  stage.connect();
  stage.here->expires_at(soon());
  asio::cancellation_signal signal;
  std::optional<result<std::size_t>> read;
  std::string room(10, '\0');
  asio::co_spawn(
      stage.context, stage.here->read_some(asio::buffer(room)),
      asio::bind_cancellation_slot(
          signal.slot(), [&](const std::exception_ptr&, result<std::size_t> r) { read = std::move(r); }));
  testing::run_ready(stage.context);
  signal.emit(asio::cancellation_type::terminal);
  testing::run_ready(stage.context);
  REQUIRE(read.has_value());
  CHECK(read->error().kind == error_kind::cancelled);
}

TEST_CASE("a closed stream leaves nothing for the context to wait for") {
  stage stage;
  stage.connect();
  stage.here->expires_at(real_clock().now() + 1h);
  CHECK(stage.write(*stage.here, "x").has_value());
  stage.here.reset();
  stage.there.reset();
  stage.listening->close();
  stage.context.restart();
  const auto before = real_clock().now();
  stage.context.run_for(10s);
  CHECK(real_clock().now() - before < 5s);
}

TEST_CASE("a connection that is refused says where, and what to look at") {
  stage stage;
  const std::uint16_t port = stage.listening->port();
  stage.listening->close();
  const auto refused = stage.run(stage.dial->connect("127.0.0.1", port, soon()));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == error_kind::network);
  CHECK(refused.error().message.find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
  CHECK(refused.error().message.find("refused") != std::string::npos);
}

TEST_CASE("a name with several addresses is reached by the one that answers") {
  stage stage;
  // localhost is ::1 and 127.0.0.1 on most systems; the listener is on the second only.
  const auto connected = stage.run(stage.dial->connect("localhost", stage.listening->port(), soon()));
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
  const auto dial = make_tcp_dialer(real_clock());
  const deaf_listener deaf(context);
  const std::uint16_t port = deaf.endpoint().port();
  SUBCASE("deadline") {
    const auto late = testing::run(context, dial->connect("127.0.0.1", port, real_clock().now() + 50ms));
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error().kind == error_kind::timeout);
  }
  SUBCASE("cancelled") {
    asio::cancellation_signal signal;
    std::optional<error> problem;
    asio::co_spawn(context, dial->connect("127.0.0.1", port, soon()),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](const std::exception_ptr& e, result<std::unique_ptr<stream>> r) {
                         if (!e && !r) problem = r.error();
                       }));
    testing::run_for(context, 10ms);
    CHECK_FALSE(problem.has_value());
    signal.emit(asio::cancellation_type::terminal);
    testing::run_for(context, 10ms);
    REQUIRE(problem.has_value());
    CHECK(problem->kind == error_kind::cancelled);
  }
}

TEST_CASE("an address that does not answer does not hold up the next one for long") {
  stage stage;
  const deaf_listener deaf(stage.context);
  const tcp::endpoint good(asio::ip::address_v4::loopback(), stage.listening->port());
  std::vector<tcp::endpoint> endpoints{deaf.endpoint(), good};
  const auto before = real_clock().now();
  const auto connected = stage.run(connect_first(endpoints, "peer", real_clock(), soon()));
  REQUIRE(connected.has_value());
  CHECK((*connected)->peer() == stage.listening->address());
  CHECK(real_clock().now() - before >= 250ms);
  CHECK(real_clock().now() - before < 5s);
}

TEST_CASE("an address that refuses holds up the next one not at all, and the last refusal is told") {
  stage stage;
  const tcp::endpoint good(asio::ip::address_v4::loopback(), stage.listening->port());
  const tcp::endpoint refusing(asio::ip::address_v4::loopback(), 1);
  const auto before = real_clock().now();
  std::vector<tcp::endpoint> endpoints{refusing, refusing, good};
  CHECK(stage.run(connect_first(endpoints, "peer", real_clock(), soon())).has_value());
  CHECK(real_clock().now() - before < 200ms);
  endpoints = {refusing, refusing};
  const auto refused = stage.run(connect_first(endpoints, "peer", real_clock(), soon()));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == error_kind::network);
}

TEST_CASE("a listener tells its address, and ends its accept when it is closed") {
  stage stage;
  CHECK(stage.listening->port() != 0);
  CHECK(stage.listening->address() == "127.0.0.1:" + std::to_string(stage.listening->port()));
  std::optional<error_kind> ended;
  asio::co_spawn(stage.context, stage.listening->accept(),
                 [&](const std::exception_ptr&, const result<std::unique_ptr<stream>>& r) {
                   if (!r) ended = r.error().kind;
                 });
  testing::run_ready(stage.context);
  stage.listening->close();
  testing::run_for(stage.context, 1s);
  CHECK(ended == error_kind::cancelled);
}

TEST_CASE("all addresses are listened on when none is given") {
  asio::io_context context;
  const auto all = listen_tcp(context.get_executor(), real_clock(), ":0").value();
  const auto dial = make_tcp_dialer(real_clock());
  CHECK(testing::run(context, dial->connect("127.0.0.1", all->port(), soon())).has_value());
}

TEST_CASE("an address that can't be listened on says why and what to do") {
  stage stage;
  const auto problem = [&](const std::string& address) {
    const auto refused = listen_tcp(stage.context.get_executor(), real_clock(), address);
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

TEST_CASE("no socket is inherited by a child process") {
  stage stage;
  stage.connect();
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    boost::system::error_code ignored;
    const std::filesystem::path target = std::filesystem::read_symlink(entry.path(), ignored);
    if (target.string().starts_with("socket:"))
      CHECK((::fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

}  // namespace
}  // namespace lastcall
