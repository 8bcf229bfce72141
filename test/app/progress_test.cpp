#include "app/progress.hpp"

#include <doctest/doctest.h>

namespace lastcall::app {
namespace {

using namespace std::chrono_literals;
using worker::drain_state;

constexpr progress halfway{
    .total = 300, .queued = 140, .in_flight = 10, .done = 150, .failed = 2, .per_s = 47.26};

/// How many columns a line takes: without its escape sequences.
std::size_t columns(const std::string& line) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < line.size(); ++i)
    if (line[i] == '\x1b')
      i = line.find('m', i);
    else
      ++n;
  return n;
}

TEST_CASE("in a pipe the progress is one plain line") {
  CHECK(plain_line(halfway) ==
        "running: 150 of 300 done, 140 queued, 10 in flight, 2 to be tried again, 47.3/s");
}

TEST_CASE("on a terminal there is a bar as full as the work is done") {
  const auto lines = live_lines(halfway, 76);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] ==
        "[\x1b[32m" + std::string(20, '#') + "\x1b[0m" + std::string(20, '-') + "] 150 of 300 done");
  CHECK(lines[2] == "running; Ctrl-C drains");
}

TEST_CASE("no line is wider than the terminal, and more than all does not overflow the bar") {
  progress all = halfway;
  all.done = 400;
  for (const unsigned width : {0U, 1U, 20U, 40U, 80U, 300U})
    for (const std::string& line : live_lines(all, std::max(width, 36U)))
      CHECK(columns(line) <= std::max(width, 60U));
  CHECK(live_lines({}, 80)[0].find("0 of 0 done") != std::string::npos);
}

TEST_CASE("each state of the drain says what goes on and what Ctrl-C does next") {
  progress p = halfway;
  p.state = drain_state::closing;
  CHECK(live_lines(p, 200)[2].starts_with("closing: open polls"));
  p.state = drain_state::finishing;
  CHECK(live_lines(p, 200)[2].starts_with("finishing: running jobs"));
  p.state = drain_state::cutting;
  CHECK(live_lines(p, 200)[2].starts_with("cutting: jobs are told"));
  p.state = drain_state::running;
  p.is_idle = true;
  CHECK(live_lines(p, 200)[2] == "all done; waiting for more. Ctrl-C ends it");
}

TEST_CASE("the rate is that of the last three seconds") {
  rate_meter meter;
  const steady_time t{100s};
  CHECK(meter.update(t, 0) == 0);
  CHECK(meter.update(t + 1s, 10) == doctest::Approx(10));
  CHECK(meter.update(t + 2s, 20) == doctest::Approx(10));
  CHECK(meter.update(t + 3s, 20) == doctest::Approx(20.0 / 3));
  CHECK(meter.update(t + 10s, 20) == doctest::Approx(0));
}

}  // namespace
}  // namespace lastcall::app
