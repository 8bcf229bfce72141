#include "aws/refreshing_credentials.hpp"

#include "support/manual_clock.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <vector>

using namespace lastcall;
using namespace lastcall::aws;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// Each fetch takes 100 ms and gives what the test has lined up.
class scripted_source final : public credentials_source {
 public:
  scripted_source(lastcall::clock& clock, std::deque<result<credentials>>& script, int& fetches)
      : clock_(clock), script_(script), fetches_(fetches) {}

  asio::awaitable<result<credentials>> fetch(steady_time) override {
    ++fetches_;
    if (!co_await sleep_for(clock_, 100ms)) co_return was_cancelled();
    REQUIRE_FALSE(script_.empty());
    result<credentials> next = std::move(script_.front());
    script_.pop_front();
    co_return next;
  }

 private:
  static error was_cancelled() { return {error_kind::cancelled, "", "cancelled"}; }

  lastcall::clock& clock_;
  std::deque<result<credentials>>& script_;
  int& fetches_;
};

asio::awaitable<void> collect(refreshing_credentials& provider, std::vector<std::string>& into,
                              steady_time deadline = steady_time::max()) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  const result<credentials_ptr> got = co_await provider.get(deadline);
  into.push_back(got ? (*got)->access_key_id : got.error().message);
}

struct fixture {
  asio::io_context context;
  testing::manual_clock clock{context};
  std::deque<result<credentials>> script;
  int fetches{0};
  refreshing_credentials provider{std::make_unique<scripted_source>(clock, script, fetches), clock,
                                  context.get_executor()};

  void line_up(std::string id, std::chrono::nanoseconds lifetime) {
    script.emplace_back(
        credentials{std::move(id), "secret", "token",
                    clock.wall_now() + std::chrono::duration_cast<wall_time::duration>(lifetime)});
  }
  void line_up_failure(std::string message) {
    script.emplace_back(error{error_kind::network, "", std::move(message)});
  }
  result<credentials_ptr> get() { return clock.run(provider.get(steady_time::max())); }
  std::string id() { return get().value()->access_key_id; }
  /// So many callers at once; what they get goes into the list.
  void ask(int callers, std::vector<std::string>& into) {
    for (int i = 0; i < callers; ++i)
      asio::co_spawn(context, collect(provider, into), asio::detached);
  }
};

}  // namespace

TEST_CASE("credentials are stale 15 minutes before they expire, and expiring 10 minutes before") {
  const wall_time now{};
  const auto with = [&](std::chrono::seconds left) { return freshness_of({"", "", "", now + left}, now); };
  CHECK(freshness_of({"", "", "", {}}, now) == freshness::fresh);
  CHECK(with(15min + 1s) == freshness::fresh);
  CHECK(with(15min) == freshness::stale);
  CHECK(with(10min + 1s) == freshness::stale);
  CHECK(with(10min) == freshness::expiring);
  CHECK(with(-1s) == freshness::expiring);
}

TEST_CASE("credentials are fetched once and kept while they are fresh") {
  fixture f;
  f.line_up("first", 1h);
  CHECK(f.id() == "first");
  f.clock.advance(44min);
  CHECK(f.id() == "first");
  CHECK(f.fetches == 1);
}

TEST_CASE("however many wait for credentials, one fetch is under way") {
  fixture f;
  f.line_up("only", 1h);
  std::vector<std::string> got;
  f.ask(5, got);
  f.clock.advance(1s);
  CHECK(got == std::vector<std::string>(5, "only"));
  CHECK(f.fetches == 1);
}

TEST_CASE("all who wait learn why a fetch failed, without fetching again one after the other") {
  fixture f;
  f.line_up_failure("out of order");
  std::vector<std::string> got;
  f.ask(3, got);
  f.clock.advance(1s);
  CHECK(got == std::vector<std::string>(3, "out of order"));
  CHECK(f.fetches == 1);
  f.line_up("now", 1h);
  CHECK(f.id() == "now");
}

TEST_CASE("stale credentials serve those who come while they are fetched again") {
  fixture f;
  f.line_up("old", 1h);
  CHECK(f.id() == "old");
  f.clock.advance(46min);
  f.line_up("new", 1h);
  std::vector<std::string> got;
  f.ask(2, got);
  f.clock.run_ready();
  CHECK(got == std::vector<std::string>{"old"});
  f.clock.advance(1s);
  CHECK(got == std::vector<std::string>{"old", "new"});
  CHECK(f.fetches == 2);
}

TEST_CASE("expiring credentials are used no more: all wait for the new ones") {
  fixture f;
  f.line_up("old", 1h);
  CHECK(f.id() == "old");
  f.clock.advance(51min);
  f.line_up("new", 1h);
  std::vector<std::string> got;
  f.ask(2, got);
  f.clock.run_ready();
  CHECK(got.empty());
  f.clock.advance(1s);
  CHECK(got == std::vector<std::string>{"new", "new"});
}

TEST_CASE(
    "when a fetch fails, the present credentials serve on until they expire, and it is tried each minute") {
  fixture f;
  f.line_up("old", 1h);
  CHECK(f.id() == "old");
  f.clock.advance(51min);
  f.line_up_failure("down");
  CHECK(f.id() == "old");
  CHECK(f.id() == "old");
  CHECK(f.fetches == 2);
  f.clock.advance(1min);
  f.line_up_failure("still down");
  CHECK(f.id() == "old");
  CHECK(f.fetches == 3);
  f.clock.advance(9min);
  f.line_up_failure("down for good");
  CHECK(f.get().error().message == "down for good");
  f.line_up("new", 1h);
  CHECK(f.id() == "new");
}

TEST_CASE("credentials that expire within the minute of pause are not used beyond it") {
  fixture f;
  f.line_up("old", 1h);
  CHECK(f.id() == "old");
  f.clock.advance(59min + 30s);
  f.line_up_failure("down");
  CHECK(f.id() == "old");
  f.clock.advance(31s);
  f.line_up("new", 1h);
  CHECK(f.id() == "new");
}

TEST_CASE("a source that answers with expired credentials is not pressed") {
  fixture f;
  f.line_up("expired", -1min);
  CHECK(f.id() == "expired");
  CHECK(f.id() == "expired");
  CHECK(f.fetches == 1);
  f.clock.advance(1min);
  f.line_up("new", 1h);
  CHECK(f.id() == "new");
}

TEST_CASE("credentials that are handed out shortly before their end are replaced before it") {
  fixture f;
  f.line_up("old", 30s);
  f.line_up("new", 1h);
  CHECK(f.id() == "old");
  f.clock.advance(14s);
  CHECK(f.id() == "old");
  CHECK(f.fetches == 1);
  f.clock.advance(2s);
  CHECK(f.id() == "new");
}

TEST_CASE("a source with nothing but credentials that end at once is asked once a second") {
  fixture f;
  f.line_up("old", 1100ms);
  f.line_up("old", 1100ms);
  CHECK(f.id() == "old");
  f.clock.advance(800ms);
  CHECK(f.id() == "old");
  CHECK(f.fetches == 1);
  f.clock.advance(300ms);
  CHECK(f.id() == "old");
  CHECK(f.fetches == 2);
}

TEST_CASE("when the one who fetches is cancelled, another takes over") {
  fixture f;
  f.line_up("second try", 1h);
  asio::cancellation_signal cancel;
  std::vector<std::string> got;
  asio::co_spawn(f.context, collect(f.provider, got),
                 asio::bind_cancellation_slot(cancel.slot(), asio::detached));
  asio::co_spawn(f.context, collect(f.provider, got), asio::detached);
  f.clock.run_ready();
  CHECK(f.fetches == 1);
  cancel.emit(asio::cancellation_type::terminal);
  f.clock.advance(1s);
  CHECK(got == std::vector<std::string>{"cancelled", "second try"});
  CHECK(f.fetches == 2);
}

TEST_CASE("when all are cancelled at once, nobody takes over") {
  fixture f;
  std::vector<std::string> got;
  asio::cancellation_signal cancels[2];
  for (asio::cancellation_signal& cancel : cancels)
    asio::co_spawn(f.context, collect(f.provider, got),
                   asio::bind_cancellation_slot(cancel.slot(), asio::detached));
  f.clock.run_ready();
  for (asio::cancellation_signal& cancel : cancels)
    cancel.emit(asio::cancellation_type::terminal);
  f.clock.run_ready();
  CHECK(got == std::vector<std::string>{"cancelled", "cancelled while waiting for credentials"});
  CHECK(f.fetches == 1);
}

TEST_CASE("one who waits can be cancelled without disturbing the fetch") {
  fixture f;
  f.line_up("fetched", 1h);
  asio::cancellation_signal cancel;
  std::vector<std::string> got;
  asio::co_spawn(f.context, collect(f.provider, got), asio::detached);
  asio::co_spawn(f.context, collect(f.provider, got),
                 asio::bind_cancellation_slot(cancel.slot(), asio::detached));
  f.clock.run_ready();
  cancel.emit(asio::cancellation_type::terminal);
  f.clock.run_ready();
  CHECK(got == std::vector<std::string>{"cancelled while waiting for credentials"});
  f.clock.advance(1s);
  CHECK(got.back() == "fetched");
  CHECK(f.fetches == 1);
}

TEST_CASE("one who waits goes when its time is over, without disturbing the fetch") {
  fixture f;
  f.line_up("fetched", 1h);
  std::vector<std::string> got;
  asio::co_spawn(f.context, collect(f.provider, got), asio::detached);
  asio::co_spawn(f.context, collect(f.provider, got, f.clock.now() + 50ms), asio::detached);
  f.clock.advance(50ms);
  CHECK(got == std::vector<std::string>{"the credentials did not come in time"});
  f.clock.advance(1s);
  CHECK(got.back() == "fetched");
}
