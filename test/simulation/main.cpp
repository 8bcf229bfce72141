// lastcall_simulate: see --help.

#include "simulation/forbidden.hpp"
#include "simulation/mutant.hpp"
#include "simulation/small_world.hpp"
#include "simulation/world.hpp"

#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>
#include <unistd.h>

using namespace lastcall::simulation;

namespace {

volatile std::uint64_t current_seed = 0;

/// An assertion of the program has failed: says which seed it was.
void on_abort(int) {
  char text[64] = "\nsimulate: aborted at seed ";
  std::size_t length = std::strlen(text);
  char digits[24];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, static_cast<std::uint64_t>(current_seed)).ptr;
  for (const char* d = digits; d != end; ++d)
    text[length++] = *d;
  text[length++] = '\n';
  if (write(2, text, length) < 0) _exit(3);
}

struct arguments {
  std::uint64_t from{1};
  std::uint64_t to{1000};
  bool trace{false};
  depth where{depth::calls};
  bool small_world{false};
  std::size_t most_states{SIZE_MAX};
  std::size_t most_failures{10};
  double time_limit_s{0};
};

std::uint64_t number(std::string_view text) {
  std::uint64_t n{};
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

arguments parse(int argc, char** argv) {
  arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string_view next = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--seeds") {
      const std::size_t dots = next.find("..");
      a.from = number(next);
      a.to = number(next.substr(dots + 2));
      ++i;
    } else if (word == "--seed") {
      a.from = a.to = number(next);
      ++i;
    } else if (word == "--small-world") {
      a.small_world = true;
    } else if (word == "--states") {
      a.most_states = number(next);
      ++i;
    } else if (word == "--depth") {
      a.where = next == "byte" ? depth::bytes : depth::calls;
      ++i;
    } else if (word == "--trace") {
      a.trace = true;
    } else if (word == "--failures") {
      a.most_failures = number(next);
      ++i;
#ifdef LASTCALL_MUTANTS
    } else if (word == "--mutant") {
      mutant = static_cast<int>(number(next));
      ++i;
#endif
    }
  }
  return a;
}

/// Every order of events in worlds of two messages and two workers.
int explore_all(const arguments& a) {
  bool is_clean = true;
  for (const small_world& w : small_worlds()) {
    const std::clock_t began = std::clock();
    const exploration e = [&] {
      const without_the_machine nothing_real;
      return explore(w, a.most_states);
    }();
    const double took = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
    fmt::print(
        "{}: {}{} states, {} transitions, {} ends, at most {} events, {:.1f} s, {:.2f} million steps\n",
        w.name, e.is_complete ? "" : "INCOMPLETE, ", e.states, e.transitions, e.ends, e.deepest, took,
        static_cast<double>(e.steps) / 1e6);
    if (e.failure.empty()) continue;
    is_clean = false;
    fmt::print("{}: promise {} broken: {}\n", w.name, e.broken_promise, e.failure);
    trace t;
    t.turn_on();
    replay(w, e.path, t);
    fmt::print("{}", as_text(t));
  }
  return is_clean ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const arguments a = parse(argc, argv);
  std::signal(SIGABRT, on_abort);
  if (a.small_world) return explore_all(a);
  const std::clock_t began = std::clock();
  std::size_t failures = 0;
  std::size_t steps = 0;
  std::size_t runs = 0;
  fault_counts faults;
  std::size_t processes = 0;
  for (std::uint64_t seed = a.from; seed <= a.to; ++seed) {
    current_seed = seed;
    const plan p = a.where == depth::bytes ? draw_bytes(seed) : draw(seed);
    trace t;
    if (a.trace) t.turn_on();
    const verdict v = [&] {
      const without_the_machine nothing_real;
      return simulate(p, t, a.where);
    }();
    ++runs;
    steps += v.steps;
    faults += v.faults;
    processes += v.processes;
    if (a.trace)
      fmt::print("{}{}{}", describe(p), a.where == depth::bytes ? describe(p.faults.bytes) : "", as_text(t));
    if (!v.is_clean()) {
      fmt::print("seed {}: promise {} broken: {}\n", seed, v.broken_promise, v.failure);
      if (++failures >= a.most_failures) break;
    }
  }
  const double took = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  fmt::print(
      "{} runs, {} failed, {:.1f} s of one core: {:.0f} runs a second, {:.0f} steps a run, {:.2f} million "
      "steps a second\n",
      runs, failures, took, static_cast<double>(runs) / took,
      static_cast<double>(steps) / static_cast<double>(runs), static_cast<double>(steps) / took / 1e6);
  fmt::print(
      "{} processes, {} exchanges: requests lost {}, reset {}; answers lost {}, reset {}; refused {}, in an "
      "outage {}, slow {}, ghosts {}\n",
      processes, faults.exchanges, faults.requests_lost, faults.requests_reset, faults.answers_lost,
      faults.answers_reset, faults.refused, faults.in_outage, faults.slow, faults.ghosts);
  if (a.where == depth::bytes)
    fmt::print("{} connections, not connected {}, dribbles {}, signatures out of time {}\n",
               faults.connections, faults.unconnected, faults.dribbles, faults.mistimed);
  return failures == 0 ? 0 : 1;
}
