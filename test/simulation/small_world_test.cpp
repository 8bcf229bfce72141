// The exploration of small worlds. All of them are explored in a release build: scripts/simulate --small-world.

#include "simulation/small_world.hpp"

#include "simulation/small_run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

using namespace lastcall;
using namespace lastcall::simulation;

TEST_CASE("the same choices lead to the same state") {
  for (const small_world& w : small_worlds()) {
    trace silent;
    small_run first(w, silent);
    small_run second(w, silent);
    for (std::size_t i = 0; !first.choices().empty(); ++i) {
      REQUIRE(first.choices().size() == second.choices().size());
      const std::size_t chosen = i % first.choices().size();
      first.choose(chosen);
      second.choose(chosen);
      CHECK(first.state() == second.state());
    }
    CHECK_FALSE(first.has_failed());
  }
}

TEST_CASE("what two workers do apart leads to the same state in either order, and only that") {
  const small_world w = small_worlds().front();
  trace silent;
  const auto state_after = [&](std::initializer_list<std::pair<small_run::choice::kind, std::size_t>> all) {
    small_run run(w, silent);
    for (const auto& [what, of] : all) {
      const auto is_it = [&](const small_run::choice& c) { return c.what == what && c.of == of; };
      const auto found = std::ranges::find_if(run.choices(), is_it);
      REQUIRE(found != run.choices().end());
      run.choose(static_cast<std::size_t>(found - run.choices().begin()));
    }
    return run.state();
  };
  using enum small_run::choice::kind;
  // Worker 1 takes both messages; its job ends, and the receive of worker 2 arrives.
  CHECK(state_after({{arrives, 0}, {answered, 0}, {arrives, 0}, {signal, 1}}) ==
        state_after({{arrives, 0}, {answered, 0}, {signal, 1}, {arrives, 0}}));
  // Which of them asks first decides who has the messages.
  CHECK(state_after({{arrives, 0}, {arrives, 1}}) != state_after({{arrives, 1}, {arrives, 0}}));
}

TEST_CASE("a small world has an end, and is explored to it") {
  small_world w = small_worlds().front();
  w.failures = 0;
  w.workers = 1;
  w.messages = 1;
  const exploration all = explore(w);
  CHECK(all.is_complete);
  CHECK(all.failure.empty());
  CHECK(all.ends > 1);
  CHECK(all.states > 100);
  CHECK(all.transitions > all.states);
}

TEST_CASE("the promises hold in the first states of every small world") {
  for (const small_world& w : small_worlds()) {
    const exploration e = explore(w, 500);
    CHECK(e.states >= 500);
    CHECK_MESSAGE(e.failure.empty(), w.name, ": promise ", e.broken_promise, ": ", e.failure);
  }
}
