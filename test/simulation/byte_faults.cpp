#include "simulation/byte_faults.hpp"

#include "base/duration.hpp"
#include "simulation/dice.hpp"

#include <fmt/format.h>

namespace lastcall::simulation {

using namespace std::chrono_literals;

bool byte_faults::any() const noexcept {
  return refused + unreachable + dribble + credentials_fail + credentials_hang > 0 || server_patience < 75s ||
         credentials_life || clock_offset != 0ns;
}

byte_faults draw_byte_faults(std::uint64_t seed) {
  dice d(seed ^ 0xb17e5);
  byte_faults f;
  constexpr double intensities[] = {0.0, 0.1, 0.1, 0.3, 0.6};
  const double intensity = d.one_of(intensities);
  const auto rate = [&](double most) { return d.happens(intensity) ? most * d.unit() * d.unit() : 0; };
  f.refused = rate(0.5);
  f.unreachable = rate(0.2);
  f.dribble = rate(0.1);
  f.dribble_pause = d.spread(10us, 50ms);
  f.split = d.happens(0.5) ? d.unit() * 0.3 : 0;
  if (d.happens(intensity)) f.server_patience = d.spread(10ms, 30s);
  f.advises = d.happens(0.3);
  if (d.happens(intensity)) f.credentials_life = d.spread(2s, 2h);
  if (f.credentials_life) {
    f.credentials_fail = rate(0.5);
    f.credentials_hang = rate(0.2);
  }
  if (d.happens(intensity)) f.clock_offset = d.between(0ns, 4h) - 2h;
  return f;
}

std::string describe(const byte_faults& f) {
  std::string text = "bytes:";
  const auto add = [&](const char* name, double value) {
    if (value > 0) text += fmt::format(" {} {:.3f},", name, value);
  };
  add("refused", f.refused);
  add("unreachable", f.unreachable);
  add("dribble", f.dribble);
  add("split", f.split);
  add("credentials fail", f.credentials_fail);
  add("credentials hang", f.credentials_hang);
  text += fmt::format(" the server closes after {}", format_duration(f.server_patience));
  if (f.credentials_life) text += fmt::format(", credentials live {}", format_duration(*f.credentials_life));
  if (f.clock_offset != 0ns)
    text += fmt::format(", clocks are {} s off",
                        std::chrono::duration_cast<std::chrono::seconds>(f.clock_offset).count());
  return text + "\n";
}

}  // namespace lastcall::simulation
