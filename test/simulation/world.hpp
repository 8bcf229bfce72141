#pragma once

#include "simulation/plan.hpp"
#include "simulation/trace.hpp"
#include "simulation/wire.hpp"

#include <cstdint>
#include <string>

namespace lastcall::simulation {

/// How a run went.
struct verdict {
  std::uint64_t seed{};
  int broken_promise{};  ///< with `failure`
  std::string failure;   ///< empty: every promise was kept
  std::size_t steps{};
  std::chrono::nanoseconds lasted{};  ///< virtual time
  std::size_t processes{};
  fault_counts faults;
  bool is_clean() const noexcept { return failure.empty(); }
};

/// Where production ends and the simulated world begins.
enum class depth {
  calls,  ///< at `sqs::queue`, the worker's typed seam
  bytes   ///< at `stream` and `dialer`: the client, its signatures and HTTP are the real ones as well
};

/// Runs a plan to its end: until every message is done or dead, or a promise is broken.
verdict simulate(const plan&, trace&, depth = depth::calls);

}  // namespace lastcall::simulation
