#pragma once

#include "simulation/plan.hpp"
#include "simulation/trace.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace lastcall::simulation {

/// A world that is small enough to be explored completely: two messages, two workers, and everything that can
/// happen to them, in every order.
struct small_world {
  std::string name;
  bool fifo{false};
  worker::options options;
  std::size_t messages{2};
  std::size_t workers{2};
  unsigned signals{1};  ///< that each of the `signalled` first workers may get, at any time
  std::size_t signalled{1};
  unsigned failures{0};  ///< jobs that may fail, in all
  /// Requests and answers that may be lost, and times that an answer may be so slow that time passes meanwhile:
  /// in all.
  unsigned mishaps{0};
  /// From here on no worker goes on for ever: those that were not told to stop are told.
  std::chrono::nanoseconds horizon{};
};

/// The worlds that are explored by `scripts/simulate --small-world`.
std::vector<small_world> small_worlds();

/// What came of it.
struct exploration {
  std::size_t states{};
  std::size_t transitions{};
  std::size_t ends{};             ///< states in which nothing can happen any more
  std::size_t deepest{};          ///< choices from the begin to such a state
  std::size_t steps{};            ///< of the scheduler
  int broken_promise{};           ///< with `failure`
  std::string failure;            ///< empty: every promise was kept
  std::vector<std::size_t> path;  ///< the choices that lead there
  bool is_complete{true};
};

/// Explores every order of events. Stops at the first promise that is broken, or after so many states.
exploration explore(const small_world&, std::size_t most_states = SIZE_MAX);
/// One way through it, for a person.
void replay(const small_world&, const std::vector<std::size_t>& path, trace&);

}  // namespace lastcall::simulation
