#include "runtime/gate.hpp"

#include "support/manual_clock.hpp"

#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

namespace lastcall {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::manual_clock;

asio::awaitable<void> await_empty(gate& gate, bool& done) {
  co_await gate.wait_empty();
  done = true;
}

TEST_CASE("a gate is empty only when the last holder has left") {
  asio::io_context context;
  manual_clock clock(context);
  gate gate(clock, context.get_executor());
  gate::holder first = gate.enter();
  gate::holder second = gate.enter();
  CHECK(gate.inside() == 2);
  bool done = false;
  asio::co_spawn(context, await_empty(gate, done), asio::detached);
  clock.run_ready();
  first.leave();
  clock.run_ready();
  CHECK_FALSE(done);
  second.leave();
  clock.run_ready();
  CHECK(done);
  CHECK(gate.inside() == 0);
}

TEST_CASE("an empty gate is not waited for") {
  asio::io_context context;
  manual_clock clock(context);
  gate gate(clock, context.get_executor());
  {
    const gate::holder brief = gate.enter();
  }
  bool done = false;
  asio::co_spawn(context, await_empty(gate, done), asio::detached);
  clock.run_ready();
  CHECK(done);
}

TEST_CASE("someone who enters again while the gate is awaited is awaited too") {
  asio::io_context context;
  manual_clock clock(context);
  gate gate(clock, context.get_executor());
  gate::holder holder = gate.enter();
  bool done = false;
  asio::co_spawn(context, await_empty(gate, done), asio::detached);
  clock.run_ready();
  holder.leave();
  holder = gate.enter();
  clock.run_ready();
  CHECK_FALSE(done);
  holder.leave();
  clock.run_ready();
  CHECK(done);
}

TEST_CASE("a holder counts once, however often it is moved or leaves") {
  asio::io_context context;
  manual_clock clock(context);
  gate gate(clock, context.get_executor());
  gate::holder first = gate.enter();
  gate::holder second = std::move(first);
  CHECK(gate.inside() == 1);
  second = gate.enter();
  CHECK(gate.inside() == 1);
  second.leave();
  second.leave();
  CHECK(gate.inside() == 0);
}

}  // namespace
}  // namespace lastcall
