#include "simulation/trace.hpp"

#include "simulation/scheduler.hpp"

#include <fmt/format.h>

namespace lastcall::simulation {

std::string as_text(const trace& t) {
  std::string text;
  for (const trace::event& e : t.events()) {
    const double seconds = std::chrono::duration<double>(e.at - scheduler::start()).count();
    const std::string who = e.process == trace::world ? "world" : fmt::format("worker {}", e.process);
    text += fmt::format("{:12.6f}  {:9}  {}\n", seconds, who, e.text);
  }
  return text;
}

}  // namespace lastcall::simulation
