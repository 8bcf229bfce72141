#include "jobs/output_lines.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <chrono>

namespace lastcall::jobs {

output_lines::output_lines(output_limits limits, write_line line, write_dropped dropped)
    : limits_(limits),
      line_(std::move(line)),
      dropped_(std::move(dropped)),
      tokens_(static_cast<double>(limits.lines_per_s)) {}

void output_lines::feed(std::string_view bytes, steady_time now) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    append(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    end_line(now);
    bytes.remove_prefix(end + 1);
  }
}

void output_lines::finish(steady_time now) {
  if (!current_.empty()) end_line(now);
  report_dropped();
}

void output_lines::append(std::string_view bytes) {
  const std::size_t room = limits_.line_bytes - current_.size();
  cut_ = cut_ || bytes.size() > room;
  current_ += bytes.substr(0, room);
}

void output_lines::end_line(steady_time now) {
  if (!cut_ && current_.ends_with('\r')) current_.pop_back();
  if (may_write(now)) {
    report_dropped();
    line_(printable(current_, limits_.line_bytes) + (cut_ ? "…" : ""));
  } else {
    ++dropped_lines_;
  }
  // Swapped, not copied: both keep their capacity.
  if (current_.find_first_not_of(" \t") != std::string::npos) last_.swap(current_);
  current_.clear();
  cut_ = false;
}

bool output_lines::may_write(steady_time now) {
  const auto rate = static_cast<double>(limits_.lines_per_s);
  const std::chrono::duration<double> passed = now - filled_at_;
  tokens_ = std::min(rate, tokens_ + passed.count() * rate);
  filled_at_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

void output_lines::report_dropped() {
  if (dropped_lines_ != 0) dropped_(std::exchange(dropped_lines_, 0));
}

}  // namespace lastcall::jobs
