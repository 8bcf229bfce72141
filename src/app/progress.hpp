#pragma once

#include "runtime/clock.hpp"
#include "worker/drain.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lastcall::app {

/// What a person watching wants to know, at one moment.
struct progress {
  worker::drain_state state{worker::drain_state::running};
  std::uint64_t total{};      ///< jobs that were sent
  std::uint64_t queued{};     ///< visible or delayed, as the queue says
  std::uint64_t in_flight{};  ///< held by this process
  std::uint64_t done{};
  std::uint64_t failed{};  ///< failed or put back: they come again
  double per_s{};          ///< done, lately
  bool is_idle{};          ///< everything is done, and the worker waits for more
};

/// For a terminal of that width: a bar, the numbers, and what goes on.
std::vector<std::string> live_lines(const progress&, unsigned width);
/// For a pipe: the same in one line without escape sequences.
std::string plain_line(const progress&);

/// The rate of something that is counted, over the last three seconds.
class rate_meter {
 public:
  /// Tells the count at a time; times must not go back. Returns the rate per second.
  double update(steady_time now, std::uint64_t count);

 private:
  std::deque<std::pair<steady_time, std::uint64_t>> samples_;
};

}  // namespace lastcall::app
