#include "runtime/resolver.hpp"

#include "support/run.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace lastcall {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A system resolver that answers when the test opens it. Shared with the threads that are stuck in it.
struct slow_lookup {
  std::mutex mutex;
  std::condition_variable opened;
  bool is_open{false};
  std::atomic<int> asked{0};
  std::atomic<int> answered{0};

  result<resolver::addresses> operator()(const std::string&) {
    ++asked;
    std::unique_lock lock(mutex);
    opened.wait(lock, [this] { return is_open; });
    ++answered;
    return resolver::addresses{asio::ip::make_address("192.0.2.1")};
  }
  void open() {
    const std::lock_guard lock(mutex);
    is_open = true;
    opened.notify_all();
  }
};

struct stage {
  stage() : names(real_clock(), [slow = slow](const std::string& host) { return (*slow)(host); }) {}
  ~stage() {
    slow->open();
    while (slow->answered != slow->asked)
      std::this_thread::yield();
  }
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  /// Each thread holds the lookup until after its answer has come, beside this and the resolver.
  bool has_lookup_under_way() const { return slow.use_count() > 2; }

  std::shared_ptr<slow_lookup> slow{std::make_shared<slow_lookup>()};
  asio::io_context context;
  resolver names;
};

TEST_CASE("an address stands for itself, without a lookup") {
  stage stage;
  for (const char* text : {"127.0.0.1", "::1", "fe80::1"}) {
    const auto found = testing::run(stage.context, stage.names.resolve(text, real_clock().now()));
    REQUIRE(found.has_value());
    CHECK(found->front() == asio::ip::make_address(text));
  }
  CHECK(stage.slow->asked == 0);
}

TEST_CASE("a lookup that is stuck is given up at the deadline") {
  stage stage;
  const auto found =
      testing::run(stage.context, stage.names.resolve("stuck.example", real_clock().now() + 20ms));
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().kind == error_kind::timeout);
  CHECK(found.error().message.find("stuck.example") != std::string::npos);
}

TEST_CASE("a name that is stuck occupies one thread, however often it is asked for") {
  stage stage;
  for (int i = 0; i < 5; ++i)
    CHECK_FALSE(testing::run(stage.context, stage.names.resolve("stuck.example", real_clock().now() + 1ms))
                    .has_value());
  bool is_answered = false;
  asio::co_spawn(
      stage.context, stage.names.resolve("stuck.example", real_clock().now() + 10s),
      [&](const std::exception_ptr&, const result<resolver::addresses>& r) { is_answered = r.has_value(); });
  testing::run_ready(stage.context);
  stage.slow->open();
  CHECK(testing::run_until(stage.context, [&] { return is_answered; }));
  CHECK(stage.slow->asked == 1);
}

TEST_CASE("an answer that came too late for its question is not used for a later one") {
  stage stage;
  CHECK_FALSE(
      testing::run(stage.context, stage.names.resolve("some.example", real_clock().now() + 1ms)).has_value());
  stage.slow->open();
  while (stage.has_lookup_under_way())
    std::this_thread::yield();
  CHECK(
      testing::run(stage.context, stage.names.resolve("some.example", real_clock().now() + 10s)).has_value());
  CHECK(stage.slow->asked == 2);
}

TEST_CASE("an answer reaches all who wait for it") {
  stage stage;
  int answered = 0;
  for (int i = 0; i < 3; ++i)
    asio::co_spawn(stage.context, stage.names.resolve("some.example", real_clock().now() + 10s),
                   [&](const std::exception_ptr&, const result<resolver::addresses>& found) {
                     answered += found ? 1 : 0;
                   });
  testing::run_ready(stage.context);
  stage.slow->open();
  CHECK(testing::run_until(stage.context, [&] { return answered == 3; }));
  CHECK(stage.slow->asked == 1);
}

TEST_CASE("an answer that comes after the context is gone is dropped") {
  auto it = std::make_unique<stage>();
  const std::shared_ptr<slow_lookup> slow = it->slow;
  asio::co_spawn(it->context, it->names.resolve("late.example", real_clock().now() + 10s),
                 [](const std::exception_ptr&, const result<resolver::addresses>&) {});
  testing::run_ready(it->context);
  it.reset();
  CHECK(slow->answered == slow->asked);
}

TEST_CASE("a cancelled lookup ends at once") {
  stage stage;
  asio::cancellation_signal signal;
  std::optional<result<resolver::addresses>> found;
  asio::co_spawn(stage.context, stage.names.resolve("stuck.example", real_clock().now() + 1h),
                 asio::bind_cancellation_slot(signal.slot(),
                                              [&](const std::exception_ptr&, result<resolver::addresses> r) {
                                                found = std::move(r);
                                              }));
  testing::run_ready(stage.context);
  signal.emit(asio::cancellation_type::terminal);
  testing::run_ready(stage.context);
  REQUIRE(found.has_value());
  REQUIRE_FALSE(found->has_value());
  CHECK(found->error().kind == error_kind::cancelled);
}

TEST_CASE("the families of a name's addresses take turns, and keep their order otherwise") {
  const auto mixed = [](std::initializer_list<const char*> texts) {
    resolver::addresses all;
    for (const char* text : texts)
      all.push_back(asio::ip::make_address(text));
    std::string out;
    for (const auto& one : resolver::with_families_in_turn(all))
      out += one.to_string() + " ";
    return out;
  };
  CHECK(mixed({"::1", "::2", "::3", "10.0.0.1"}) == "::1 10.0.0.1 ::2 ::3 ");
  CHECK(mixed({"10.0.0.1", "10.0.0.2", "::1", "::2"}) == "10.0.0.1 ::1 10.0.0.2 ::2 ");
  CHECK(mixed({"10.0.0.1"}) == "10.0.0.1 ");
}

TEST_CASE("the system's resolver knows localhost, and says which name it does not know") {
  const auto here = resolver::system_lookup("localhost");
  REQUIRE(here.has_value());
  CHECK(here->front().is_loopback());
  const auto nowhere = resolver::system_lookup("no-such-host.invalid");
  REQUIRE_FALSE(nowhere.has_value());
  CHECK(nowhere.error().message.find("no-such-host.invalid") != std::string::npos);
}

}  // namespace
}  // namespace lastcall
