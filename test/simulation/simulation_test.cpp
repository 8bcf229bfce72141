// The simulator of the worker: that it can be relied on, and a first thousand runs with it.

#include "simulation/forbidden.hpp"
#include "simulation/world.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

using namespace lastcall;
using namespace lastcall::simulation;

namespace {

verdict run(std::uint64_t seed) {
  const plan p = draw(seed);
  trace silent;
  const without_the_machine nothing_real;
  return simulate(p, silent);
}

std::vector<std::uint64_t> kept_seeds() {
  std::ifstream file(LASTCALL_TEST_DATA "/../simulation/seeds.txt");
  std::vector<std::uint64_t> seeds;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    for (std::uint64_t seed = 0; words >> seed;)
      seeds.push_back(seed);
  }
  return seeds;
}

}  // namespace

TEST_CASE("a seed decides everything: the same seed makes the same run") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    trace first;
    trace second;
    first.turn_on();
    second.turn_on();
    simulate(draw(seed), first);
    simulate(draw(seed), second);
    CHECK(!first.events().empty());
    CHECK(as_text(first) == as_text(second));
  }
}

TEST_CASE("different seeds make different runs") {
  std::set<std::size_t> steps;
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
    steps.insert(run(seed).steps);
  CHECK(steps.size() > 40);
}

TEST_CASE("the promises hold in every run that has failed once") {
  const std::vector<std::uint64_t> seeds = kept_seeds();
  REQUIRE(!seeds.empty());
  for (const std::uint64_t seed : seeds) {
    const verdict v = run(seed);
    CHECK_MESSAGE(v.is_clean(), "replay: scripts/simulate --seed ", seed, " --trace: promise ",
                  v.broken_promise, ": ", v.failure);
  }
}

TEST_CASE("the promises hold in the first thousand runs") {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const verdict v = run(seed);
    CHECK_MESSAGE(v.is_clean(), "replay: scripts/simulate --seed ", seed, " --trace: promise ",
                  v.broken_promise, ": ", v.failure);
  }
}
