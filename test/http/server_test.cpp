#include "http/server.hpp"

#include "base/log.hpp"
#include "support/manual_clock.hpp"
#include "support/memory_network.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

#include <functional>
#include <stdexcept>
#include <vector>

namespace lastcall::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace lastcall::testing;

/// Does what the target says.
class test_service final : public service {
 public:
  explicit test_service(clock& c) : clock_(c) {}

  asio::awaitable<response> handle(const request& asked) override {
    targets.push_back(asked.target);
    response answer;
    answer.body = asked.method + " " + asked.target + " " + asked.body;
    if (asked.target == "/throw") throw std::runtime_error("what the operator should see");
    if (asked.target == "/inject") answer.headers.add("X-A", "b\r\nX-Injected: c");
    if (asked.target == "/large") answer.body.assign(1'000'000, 'x');
    if (asked.target == "/stop") stop();
    const under_way here(*this);
    if (asked.target == "/slow") {
      const bool came = co_await sleep_for(clock_, 5s);
      if (!came) ++cancelled;
    }
    if (asked.target == "/careless") {
      for (int i = 0; i < 10; ++i)
        co_await sleep_for(clock_, 5s);
    }
    if (asked.target == "/careful") {
      co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
      co_await asio::this_coro::throw_if_cancelled(false);
      const bool came = co_await sleep_for(clock_, 5s);
      if (!came) co_await sleep_for(clock_, 2s);
    }
    co_return answer;
  }

  std::function<void()> stop;
  std::vector<std::string> targets;
  int inside{0};
  int cancelled{0};

 private:
  struct under_way {
    explicit under_way(test_service& s) : of(s) { ++of.inside; }
    ~under_way() { --of.inside; }
    under_way(const under_way&) = delete;
    under_way& operator=(const under_way&) = delete;
    test_service& of;
  };
  clock& clock_;
};

/// The far end of a raw client, shared with the coroutines that read and write it.
struct far_end {
  std::unique_ptr<stream> connection;
  std::string heard;
  bool is_ended{false};
};

asio::awaitable<void> listen_to(std::shared_ptr<far_end> end) {
  std::string room(64 * 1024, '\0');
  for (;;) {
    const result<std::size_t> got = co_await end->connection->read_some(asio::buffer(room));
    if (!got) break;
    end->heard.append(room, 0, *got);
  }
  end->is_ended = true;
}

asio::awaitable<void> write_to(std::shared_ptr<far_end> end, std::string text) {
  co_await end->connection->write(asio::buffer(text));
}

asio::awaitable<void> write_and_close(std::shared_ptr<far_end> end, std::string text) {
  co_await end->connection->write(asio::buffer(text));
  end->connection->close();
}

struct stage;

/// A client that sends what the test says, and listens all the time unless the test says otherwise.
class raw_client {
 public:
  explicit raw_client(stage&, bool listens = true);
  ~raw_client() { close(); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  void say(std::string text);
  void say_and_close(std::string text);
  /// What has come since the last call.
  std::string heard() { return std::exchange(end_->heard, {}); }
  bool is_ended() const { return end_->is_ended; }
  void listen();
  void end_output() { dynamic_cast<memory_stream&>(*end_->connection).end_output(); }
  void close() { end_->connection->close(); }

 private:
  stage& stage_;
  std::shared_ptr<far_end> end_{std::make_shared<far_end>()};
};

struct stage {
  explicit stage(server_options options = {}, std::size_t capacity = 1 << 30)
      : network(context.get_executor(), clock, capacity),
        serving(context.get_executor(), clock, network.listen(80), service, options) {
    asio::co_spawn(context, serving.run(), [this](const std::exception_ptr& e) {
      REQUIRE_FALSE(e);
      has_ended = true;
    });
    clock.run_ready();
  }
  ~stage() {
    serving.stop();
    clock.run_ready();
    CHECK(has_ended);
    CHECK(service.inside == 0);
    CHECK(clock.waiting() == 0);
  }
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  asio::io_context context;
  manual_clock clock{context};
  memory_network network;
  test_service service{clock};
  server serving;
  bool has_ended{false};
};

raw_client::raw_client(stage& on, bool listens) : stage_(on) {
  end_->connection = on.clock.run(on.network.connect("server", 80, steady_time::max())).value();
  if (listens) listen();
}

void raw_client::listen() {
  asio::co_spawn(stage_.context, listen_to(end_), asio::detached);
  stage_.clock.run_ready();
}

void raw_client::say(std::string text) {
  asio::co_spawn(stage_.context, write_to(end_, std::move(text)), asio::detached);
  stage_.clock.run_ready();
}

void raw_client::say_and_close(std::string text) {
  asio::co_spawn(stage_.context, write_and_close(end_, std::move(text)), asio::detached);
  stage_.clock.run_ready();
}

std::string get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}
std::string post(const std::string& target, const std::string& body, const std::string& headers = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + headers + "\r\n" + body;
}
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("requests of one connection are answered one after the other") {
  stage stage;
  raw_client client(stage);
  for (int i = 0; i < 3; ++i) {
    client.say(post("/a", "body " + std::to_string(i)));
    const std::string heard = client.heard();
    CHECK(heard.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(heard.ends_with("\r\n\r\nPOST /a body " + std::to_string(i)));
  }
  CHECK_FALSE(client.is_ended());
}

TEST_CASE("requests that are sent ahead are answered in their order") {
  stage stage;
  raw_client client(stage);
  client.say(get("/slow") + get("/one") + post("/two", "x") + "GET /th");
  CHECK(client.heard().empty());
  stage.clock.advance(5s);
  const std::string heard = client.heard();
  CHECK(holds(heard, "GET /slow "));
  CHECK(heard.find("GET /slow ") < heard.find("GET /one "));
  CHECK(heard.find("GET /one ") < heard.find("POST /two x"));
  client.say("ree HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(holds(client.heard(), "GET /three "));
}

TEST_CASE("a client that sends far ahead is not read beyond the limit") {
  server_options options;
  options.max_header_bytes = 10'000;
  stage stage(options, 50'000);
  raw_client client(stage);
  std::string many = get("/slow");
  while (many.size() < 1'000'000)
    many += get("/a", "X-Pad: " + std::string(1000, 'x') + "\r\n");
  client.say(many);
  CHECK(stage.service.targets.size() == 1);
  stage.clock.advance(5s);
  CHECK(stage.service.targets.size() > 900);
  CHECK_FALSE(client.is_ended());
}

TEST_CASE("a chunked request is put together") {
  stage stage;
  raw_client client(stage);
  client.say("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n");
  CHECK(client.heard().empty());
  client.say("2\r\nlo\r\n0\r\n\r\n");
  CHECK(client.heard().ends_with("POST /a hello"));
}

TEST_CASE("a client that waits for 100 Continue is told to go on, once") {
  stage stage;
  raw_client client(stage);
  for (int i = 0; i < 2; ++i) {
    client.say("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.heard() == "HTTP/1.1 100 Continue\r\n\r\n");
    client.say("hello");
    CHECK(client.heard().empty());
    client.say("world");
    CHECK(client.heard().ends_with("POST /a helloworld"));
  }
}

TEST_CASE("a body that is too large is refused instead of asked for") {
  server_options options;
  options.max_body_bytes = 1000;
  stage stage(options);
  raw_client client(stage);
  client.say("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.heard().starts_with("HTTP/1.1 413 "));
}

TEST_CASE("the answer to a HEAD has no body, and the connection goes on") {
  stage stage;
  raw_client client(stage);
  client.say("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string heard = client.heard();
  CHECK(holds(heard, "Content-Length: 8\r\n"));
  CHECK(heard.ends_with("\r\n\r\n"));
  client.say(get("/b"));
  CHECK(client.heard().ends_with("GET /b "));
}

TEST_CASE("the connection is closed when the client wants it closed") {
  stage stage;
  raw_client client(stage);
  SUBCASE("Connection: close") { client.say(get("/a", "Connection: close\r\n")); }
  SUBCASE("HTTP/1.0") { client.say("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"); }
  CHECK(holds(client.heard(), "\r\nConnection: close\r\n"));
  CHECK(client.is_ended());
}

TEST_CASE("broken requests are answered with what is wrong, and nothing after them is believed") {
  server_options options;
  options.max_header_bytes = 1000;
  options.max_body_bytes = 1000;
  stage stage(options);
  raw_client client(stage);
  std::string wire;
  std::string status;
  SUBCASE("rubbish") {
    wire = "\x16\x03\x01 rubbish\r\n\r\n";
    status = "400";
  }
  SUBCASE("bad chunk") {
    wire = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n";
    status = "400";
  }
  SUBCASE("a chunk header without an end") {
    wire = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(100'000, 'x');
    status = "400";
  }
  SUBCASE("body over the limit") {
    wire = post("/a", std::string(1001, 'x'));
    status = "413";
  }
  SUBCASE("chunks over the limit") {
    wire = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 11; ++i)
      wire += "64\r\n" + std::string(100, 'x') + "\r\n";
    status = "413";
  }
  SUBCASE("a flood of headers") {
    wire = "GET /a HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 10'000; ++i)
      wire += "a: b\r\n";
    status = "431";
  }
  SUBCASE("a header without an end") {
    wire = "GET /a HTTP/1.1\r\nHost: x\r\nX: " + std::string(100'000, 'x');
    status = "431";
  }
  SUBCASE("another transfer coding") {
    wire = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n";
    status = "501";
  }
  SUBCASE("another version") {
    wire = "GET / HTTP/2.0\r\nHost: x\r\n\r\n";
    status = "505";
  }
  client.say(wire + get("/smuggled"));
  const std::string heard = client.heard();
  CHECK(heard.starts_with("HTTP/1.1 " + status + " "));
  CHECK(holds(heard, "\r\nConnection: close\r\n"));
  client.say(get("/smuggled"));
  CHECK(client.heard().empty());
  CHECK(stage.service.targets.empty());
  stage.clock.advance(3s);
  CHECK(client.is_ended());
}

TEST_CASE("after a refusal the rest is read for a while, so that the answer is not lost to a reset") {
  stage stage({}, 10'000);
  raw_client client(stage);
  std::string wire;
  SUBCASE("refused at once") { wire = "rubbish\r\n\r\n"; }
  SUBCASE("refused when nothing more can be held") {
    wire = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;";
  }
  client.say(wire + std::string(1'000'000, 'x'));
  CHECK(client.heard().starts_with("HTTP/1.1 400 "));
  CHECK_FALSE(client.is_ended());
  client.close();
  stage.clock.run_ready();
  CHECK(stage.clock.elapsed() == 0s);
  CHECK(stage.clock.waiting() == 0);
}

TEST_CASE("a request that takes too long to come is answered with 408") {
  server_options options;
  options.header_timeout = 10s;
  options.body_timeout = 30s;
  stage stage(options);
  raw_client client(stage);
  SUBCASE("a header a second") {  // slowloris
    client.say("GET /a HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 10; ++i) {
      CHECK(client.heard().empty());
      stage.clock.advance(1s);
      client.say("X: y\r\n");
    }
  }
  SUBCASE("half a body") {
    client.say("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
    for (int i = 0; i < 30; ++i) {
      CHECK(client.heard().empty());
      stage.clock.advance(1s);
      client.say("x");
    }
  }
  CHECK(client.heard().starts_with("HTTP/1.1 408 "));
  stage.clock.advance(3s);
  CHECK(client.is_ended());
}

TEST_CASE("an idle connection is closed without a word, also one that sends empty lines") {
  server_options options;
  options.idle_timeout = 60s;
  stage stage(options);
  raw_client client(stage);
  client.say(get("/a"));
  client.heard();
  for (int i = 0; i < 6; ++i) {
    CHECK_FALSE(client.is_ended());
    client.say("\r\n");
    stage.clock.advance(10s);
  }
  CHECK(client.is_ended());
  CHECK(client.heard().empty());
}

TEST_CASE("a client that does not take its answer is given up") {
  server_options options;
  options.body_timeout = 30s;
  stage stage(options, 10'000);
  raw_client client(stage, false);
  client.say(get("/large"));
  stage.clock.advance(29s);
  CHECK(stage.clock.waiting() > 0);
  stage.clock.advance(1s);
  CHECK(stage.clock.waiting() == 0);
}

TEST_CASE("a handler may take as long as it likes") {
  server_options options;
  options.header_timeout = options.body_timeout = options.idle_timeout = 1s;
  stage stage(options);
  raw_client client(stage);
  client.say(get("/slow"));
  stage.clock.advance(5s);
  CHECK(client.heard().ends_with("GET /slow "));
}

TEST_CASE("a handler is cancelled when its client goes") {
  stage stage;
  raw_client client(stage);
  SUBCASE("in silence") { client.say(get("/slow")); }
  SUBCASE("with a request already sent ahead") { client.say(get("/slow") + get("/next")); }
  stage.clock.advance(1s);
  CHECK(stage.service.inside == 1);
  client.close();
  stage.clock.run_ready();
  CHECK(stage.service.inside == 0);
  CHECK(stage.service.cancelled == 1);
  CHECK(stage.clock.elapsed() == 1s);
  CHECK(stage.service.targets.size() == 1);
}

TEST_CASE("a handler need not look for its cancellation: its next wait throws") {
  stage stage;
  raw_client client(stage);
  client.say(get("/careless"));
  stage.clock.advance(1s);
  CHECK(stage.service.inside == 1);
  client.close();
  stage.clock.run_ready();
  CHECK(stage.service.inside == 0);
}

TEST_CASE("a handler may do what it owes after its cancellation, and is waited for") {
  stage stage;
  raw_client client(stage);
  client.say(get("/careful"));
  stage.clock.advance(1s);
  stage.serving.stop();
  stage.clock.run_ready();
  CHECK(client.is_ended());
  CHECK(stage.service.inside == 1);
  CHECK_FALSE(stage.has_ended);
  stage.clock.advance(2s);
  CHECK(stage.service.inside == 0);
  CHECK(stage.has_ended);
}

TEST_CASE("a client that goes in the moment in which its handler has finished breaks nothing") {
  stage stage;
  raw_client client(stage);
  client.say(get("/slow"));
  const auto timer = stage.clock.make_timer(stage.context.get_executor());
  asio::co_spawn(stage.context, timer->wait_until(stage.clock.now() + 5s),
                 [&](const std::exception_ptr&, bool) { client.close(); });
  stage.clock.advance(5s);
  CHECK(stage.service.inside == 0);
}

TEST_CASE("a client that does not even take the 100 Continue is given up") {
  stage stage({}, 20);
  raw_client client(stage, false);
  client.say("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
  stage.clock.advance(29s);
  CHECK(stage.clock.waiting() == 1);
  stage.clock.advance(1s);
  CHECK(stage.clock.waiting() == 0);
}

TEST_CASE("a client that is gone before it can be refused breaks nothing") {
  stage stage({}, 20);
  raw_client client(stage, false);
  client.say_and_close("x\r\n\r\n");
  CHECK(stage.clock.waiting() == 0);
}

TEST_CASE("a client that ends its side with requests sent ahead is answered once more, then it is gone") {
  stage stage({}, 10'000);
  raw_client client(stage, false);
  client.say(get("/large") + get("/slow"));
  client.end_output();
  stage.clock.run_ready();
  client.listen();
  CHECK(client.heard().size() > 1'000'000);
  CHECK(client.is_ended());
  CHECK(stage.service.inside == 0);
}

TEST_CASE("a client that ends its side while it is being answered gets the whole answer") {
  stage stage({}, 10'000);
  raw_client client(stage, false);
  client.say(get("/large"));
  client.end_output();
  stage.clock.run_ready();
  client.listen();
  CHECK(client.heard().size() > 1'000'000);
  CHECK(client.is_ended());
}

TEST_CASE("a handler that throws is a 500, and the connection goes on") {
  stage stage;
  raw_client client(stage);
  client.say(get("/throw"));
  const std::string heard = client.heard();
  CHECK(heard.starts_with("HTTP/1.1 500 "));
  CHECK_FALSE(holds(heard, "what the operator should see"));
  client.say(get("/a"));
  CHECK(client.heard().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("an answer that would break the protocol is a 500 and never written") {
  stage stage;
  raw_client client(stage);
  client.say(get("/inject"));
  const std::string heard = client.heard();
  CHECK(heard.starts_with("HTTP/1.1 500 "));
  CHECK_FALSE(holds(heard, "X-Injected"));
}

TEST_CASE("no more connections are served at once than the limit; others wait for their turn") {
  server_options options;
  options.max_connections = 2;
  stage stage(options);
  raw_client first(stage);
  raw_client second(stage);
  raw_client third(stage);
  for (raw_client* client : {&first, &second, &third})
    client->say(get("/a"));
  CHECK_FALSE(first.heard().empty());
  CHECK_FALSE(second.heard().empty());
  CHECK(third.heard().empty());
  first.close();
  stage.clock.run_ready();
  CHECK_FALSE(third.heard().empty());
}

TEST_CASE("a handler may stop its server, which then ends") {
  stage stage;
  stage.service.stop = [&] { stage.serving.stop(); };
  raw_client client(stage);
  client.say(get("/stop"));
  CHECK(stage.has_ended);
  CHECK(client.is_ended());
}

TEST_CASE("cancelling the server stops it") {
  asio::io_context context;
  manual_clock clock(context);
  memory_network network(context.get_executor(), clock);
  test_service service(clock);
  server serving(context.get_executor(), clock, network.listen(80), service);
  asio::cancellation_signal signal;
  bool has_ended = false;
  asio::co_spawn(context, serving.run(),
                 asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr& e) {
                   CHECK_FALSE(e);
                   has_ended = true;
                 }));
  const auto client = clock.run(network.connect("server", 80, steady_time::max())).value();
  const std::string wire = get("/careful");
  CHECK(clock.run(client->write(asio::buffer(wire))).has_value());
  signal.emit(asio::cancellation_type::terminal);
  clock.run_ready();
  CHECK_FALSE(has_ended);
  clock.advance(2s);
  CHECK(has_ended);
}

TEST_CASE("stop closes idle connections, cancels requests under way and accepts no more") {
  stage stage;
  raw_client idle(stage);
  raw_client busy(stage);
  idle.say(get("/a"));
  idle.heard();
  busy.say(get("/slow"));
  stage.clock.advance(1s);
  stage.serving.stop();
  stage.clock.run_ready();
  CHECK(stage.has_ended);
  CHECK(idle.is_ended());
  CHECK(busy.is_ended());
  CHECK(busy.heard().empty());
  CHECK(stage.service.cancelled == 1);
  CHECK_FALSE(stage.clock.run(stage.network.connect("server", 80, steady_time::max())).has_value());
}

}  // namespace
}  // namespace lastcall::http
