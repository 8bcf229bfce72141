#include "app/progress.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace lastcall::app {
namespace {

constexpr unsigned widest_bar = 60;

std::string one_decimal(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

std::string what_goes_on(const progress& p) {
  using worker::drain_state;
  switch (p.state) {
    case drain_state::running:
      return p.is_idle ? "all done; waiting for more. Ctrl-C ends it" : "running; Ctrl-C drains";
    case drain_state::closing:
      return "closing: open polls are left to answer, jobs run on; Ctrl-C again cuts them";
    case drain_state::finishing:
      return "finishing: running jobs go to their end; Ctrl-C again cuts them";
    case drain_state::cutting:
      return "cutting: jobs are told to stop, their messages released; Ctrl-C again exits at once";
    case drain_state::stopped:
      return "stopped: nothing is in flight";
  }
  return {};
}

std::string bar(const progress& p, unsigned width) {
  const unsigned room = std::min(widest_bar, width > 36 ? width - 36 : 0);
  const double part =
      p.total == 0 ? 0.0 : std::min(1.0, static_cast<double>(p.done) / static_cast<double>(p.total));
  const auto filled = static_cast<unsigned>(part * room);
  return "[\x1b[32m" + std::string(filled, '#') + "\x1b[0m" + std::string(room - filled, '-') + "] " +
         std::to_string(p.done) + " of " + std::to_string(p.total) + " done";
}

std::string numbers(const progress& p) {
  return std::to_string(p.queued) + " queued, " + std::to_string(p.in_flight) + " in flight, " +
         std::to_string(p.failed) + " to be tried again, " + one_decimal(p.per_s) + "/s";
}

/// A line that is as wide as the terminal, or wider, would take two of its lines.
std::string cut(std::string text, unsigned width) {
  if (text.size() >= width) text.resize(width > 0 ? width - 1 : 0);
  return text;
}

}  // namespace

std::vector<std::string> live_lines(const progress& p, unsigned width) {
  return {bar(p, width), cut(numbers(p), width), cut(what_goes_on(p), width)};
}

std::string plain_line(const progress& p) {
  return std::string(name_of(p.state)) + ": " + std::to_string(p.done) + " of " + std::to_string(p.total) +
         " done, " + numbers(p) + (p.is_idle ? "; waiting for more, Ctrl-C or SIGTERM ends it" : "");
}

double rate_meter::update(steady_time now, std::uint64_t count) {
  samples_.emplace_back(now, count);
  while (samples_.size() > 2 && samples_[1].first <= now - std::chrono::seconds(3))
    samples_.pop_front();
  const auto& [since, before] = samples_.front();
  const double time = std::chrono::duration<double>(now - since).count();
  return time <= 0 ? 0 : static_cast<double>(count - before) / time;
}

}  // namespace lastcall::app
