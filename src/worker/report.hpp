#pragma once

#include "worker/accounts.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace lastcall::worker {

/// sysexits(3), as far as a worker ends with them.
enum exit_code : int {
  exit_settled = 0,       ///< every message is deleted, released, or lost to a lease that ended
  exit_left_behind = 70,  ///< something is still leased to this process
  exit_cut = 75  ///< jobs were cut; all of their messages were released, or lost to a lease that ended
};

/// The report at exit: what became of every message.
struct report {
  std::string reason;               ///< "SIGTERM", "SIGINT", "empty", …
  std::chrono::nanoseconds took{};  ///< from the begin of the drain
  int exit{};
  totals sums;
  std::vector<holding> left_behind;
  std::chrono::nanoseconds closing{};
  std::chrono::nanoseconds finishing{};
  std::chrono::nanoseconds cutting{};
  std::string risk;  ///< what may be wrong although nothing is known to be, one sentence; empty: nothing
};

}  // namespace lastcall::worker
