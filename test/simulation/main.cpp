// lastcall_simulate: see --help.

#include "simulation/forbidden.hpp"
#include "simulation/memory.hpp"
#include "simulation/mutant.hpp"
#include "simulation/small_world.hpp"
#include "simulation/timeline.hpp"
#include "simulation/world.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

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

constexpr std::string_view help = R"(Runs the worker in a world that one seed decides.
  --seeds A..B     runs of these seeds; ends with their speed, and says which fail
  --seeds-of FILE  those that a file lists; a line that begins with # is a comment
  --seed N         one run
  --depth byte     with the production client, HTTP and signatures over a network of bytes
  --trace          with what happened, in virtual time
  --svg FILE       with a picture of the last run
  --failures N     ends after so many failures (10)
  --small-world    every order of events in worlds of two messages and two workers instead;
                   --states N: at most so many states of each
  --ask-machine time|sleep|socket|thread
                   instead asks the machine from within a run, which must end the program
)";

struct arguments {
  std::vector<std::uint64_t> seeds;
  std::uint64_t from{1};
  std::uint64_t to{1000};
  bool trace{false};
  std::string picture;
  depth where{depth::calls};
  bool small_world{false};
  std::size_t most_states{SIZE_MAX};
  std::size_t most_failures{10};
  std::string from_machine;

  std::size_t count() const { return seeds.empty() ? to - from + 1 : seeds.size(); }
  std::uint64_t seed(std::size_t i) const { return seeds.empty() ? from + i : seeds[i]; }
};

[[noreturn]] void misused(std::string_view what) {
  fmt::print(stderr, "simulate: {}\n{}", what, help);
  std::exit(64);
}

std::uint64_t number(std::string_view text) {
  std::uint64_t n{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (problem != std::errc{} || end != text.data() + text.size())
    misused(fmt::format("'{}' is not a number", text));
  return n;
}

std::vector<std::uint64_t> seeds_of(const std::string& path) {
  std::ifstream file(path);
  if (!file) misused(fmt::format("cannot read {}", path));
  std::vector<std::uint64_t> seeds;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    for (std::uint64_t seed = 0; words >> seed;)
      seeds.push_back(seed);
  }
  return seeds;
}

arguments parse(int argc, char** argv) {
  arguments a;
  const std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const auto value = [&]() -> const std::string& {
      if (++i == words.size()) misused(word + " wants a value");
      return words[i];
    };
    if (word == "--seeds") {
      const std::string_view range = value();
      const std::size_t dots = range.find("..");
      if (dots == std::string_view::npos) misused("--seeds wants A..B");
      a.from = number(range.substr(0, dots));
      a.to = number(range.substr(dots + 2));
      if (a.to < a.from) misused("--seeds wants A..B, B not less than A");
    } else if (word == "--seeds-of") {
      a.seeds = seeds_of(value());
    } else if (word == "--seed") {
      a.from = a.to = number(value());
    } else if (word == "--small-world") {
      a.small_world = true;
    } else if (word == "--states") {
      a.most_states = number(value());
    } else if (word == "--depth") {
      if (value() != "byte") misused("--depth wants byte");
      a.where = depth::bytes;
    } else if (word == "--trace") {
      a.trace = true;
    } else if (word == "--svg") {
      a.picture = value();
    } else if (word == "--failures") {
      a.most_failures = number(value());
    } else if (word == "--ask-machine") {
      a.from_machine = value();
#ifdef LASTCALL_MUTANTS
    } else if (word == "--mutant") {
      mutant = static_cast<int>(number(value()));
#endif
    } else if (word == "--help") {
      fmt::print("{}", help);
      std::exit(0);
    } else {
      misused(fmt::format("there is no {}", word));
    }
  }
  return a;
}

/// What no run may do. Comes back only where that is not noticed.
int ask_machine(const std::string& what) {
  const without_the_machine nothing_real;
  if (what == "time") static_cast<void>(std::chrono::steady_clock::now());
  const timespec moment{0, 1};
  if (what == "sleep") static_cast<void>(nanosleep(&moment, nullptr));
  if (what == "socket") static_cast<void>(socket(AF_INET, SOCK_STREAM, 0));
  if (what == "thread") std::thread([] {}).join();
  return 0;
}

/// Every order of events in worlds of two messages and two workers.
int explore_all(const arguments& a) {
  std::size_t failures = 0;
  for (const small_world& w : small_worlds()) {
    if (failures == a.most_failures) break;
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
    ++failures;
    fmt::print("{}: promise {} broken: {}\n", w.name, e.broken_promise, e.failure);
    trace t;
    t.turn_on();
    replay(w, e.path, t);
    fmt::print("{}", as_text(t));
  }
  return failures == 0 ? 0 : 1;
}

/// The runs, counted.
struct tally {
  std::size_t runs{};
  std::size_t failures{};
  std::size_t steps{};
  std::size_t processes{};
  fault_counts faults;
};

/// A run, of which nothing may be left in memory; a trace of it is, and what is said of its failure.
verdict simulate_and_count(const plan& p, trace& t, depth where) {
  const without_the_machine nothing_real;
  const std::size_t before = memory_blocks_in_use();
  verdict v = simulate(p, t, where);
  if (v.is_clean() && !t.is_on() && memory_blocks_in_use() != before)
    v.failure = fmt::format("{} blocks of memory were held before the run, and {} are after it", before,
                            memory_blocks_in_use());
  return v;
}

/// Tables that are made when they are first needed are there from now on.
void warm_up(depth where) {
  const int chosen = std::exchange(mutant, 0);
  trace t;
  static_cast<void>(simulate(where == depth::bytes ? draw_bytes(0) : draw(0), t, where));
  mutant = chosen;
}

void run(const arguments& a, std::uint64_t seed, tally& all) {
  current_seed = seed;
  const bool bytes = a.where == depth::bytes;
  const plan p = bytes ? draw_bytes(seed) : draw(seed);
  trace t;
  if (a.trace || !a.picture.empty()) t.turn_on();
  const verdict v = simulate_and_count(p, t, a.where);
  ++all.runs;
  all.steps += v.steps;
  all.faults += v.faults;
  all.processes += v.processes;
  if (a.trace) fmt::print("{}{}{}", describe(p), bytes ? describe(p.faults.bytes) : "", as_text(t));
  if (!a.picture.empty()) {
    std::ofstream file(a.picture);
    file << as_timeline(t, fmt::format("scripts/simulate --seed {}{}", seed, bytes ? " --depth byte" : ""));
  }
  if (v.is_clean()) return;
  ++all.failures;
  fmt::print("seed {}: promise {} broken: {}\n  replay: scripts/simulate --seed {}{} --trace\n", seed,
             v.broken_promise, v.failure, seed, bytes ? " --depth byte" : "");
}

void print(const tally& all, double took_s, bool bytes) {
  const fault_counts& f = all.faults;
  const auto runs = static_cast<double>(all.runs);
  const auto steps = static_cast<double>(all.steps);
  fmt::print(
      "{} runs, {} failed, {:.1f} s of one core: {:.0f} runs a second, {:.0f} steps a run, {:.2f} million "
      "steps a second\n",
      all.runs, all.failures, took_s, runs / took_s, steps / runs, steps / took_s / 1e6);
  fmt::print(
      "{} processes, {} exchanges: requests lost {}, reset {}; answers lost {}, reset {}; refused {}, in an "
      "outage {}, slow {}, ghosts {}\n",
      all.processes, f.exchanges, f.requests_lost, f.requests_reset, f.answers_lost, f.answers_reset,
      f.refused, f.in_outage, f.slow, f.ghosts);
  if (bytes)
    fmt::print("{} connections, not connected {}, dribbles {}, signatures out of time {}\n", f.connections,
               f.unconnected, f.dribbles, f.mistimed);
}

}  // namespace

int main(int argc, char** argv) {
  const arguments a = parse(argc, argv);
  std::signal(SIGABRT, on_abort);
  if (!a.from_machine.empty()) return ask_machine(a.from_machine);
  if (a.small_world) return explore_all(a);
  warm_up(a.where);
  const std::clock_t began = std::clock();
  tally all;
  for (std::size_t i = 0; i < a.count() && all.failures < a.most_failures; ++i)
    run(a, a.seed(i), all);
  print(all, static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC, a.where == depth::bytes);
  return all.failures == 0 ? 0 : 1;
}
