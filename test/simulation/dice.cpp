#include "simulation/dice.hpp"

#include <cmath>

namespace lastcall::simulation {

std::chrono::nanoseconds dice::spread(std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
  const double from = std::log(static_cast<double>(least.count()));
  const double to = std::log(static_cast<double>(most.count()));
  return std::chrono::nanoseconds(
      static_cast<std::chrono::nanoseconds::rep>(std::exp(from + unit() * (to - from))));
}

}  // namespace lastcall::simulation
