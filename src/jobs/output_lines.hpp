#pragma once

#include "runtime/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace lastcall::jobs {

/// How much of a command's output is kept and logged; the rest is read and dropped, so that a talkative
/// command neither fills the memory nor is held up.
struct output_limits {
  std::size_t line_bytes{8 * 1024};  ///< what a line has beyond this is cut off
  std::size_t lines_per_s{1000};     ///< of each stream, with a burst of as many
};

/// Cuts one stream of a command's output into lines. Pure: time is passed in.
class output_lines {
 public:
  using write_line = std::function<void(std::string_view line)>;
  using write_dropped = std::function<void(std::uint64_t lines)>;

  /// `line` is called for each line within the limits, made printable; `dropped` for those beyond them,
  /// counted together, before the next line that is written and at the end.
  output_lines(output_limits, write_line line, write_dropped dropped);

  void feed(std::string_view bytes, steady_time now);
  /// The stream has ended: a last line without its newline counts.
  void finish(steady_time now);
  /// The last line that was not blank, as it came, cut to `line_bytes`.
  const std::string& last() const noexcept { return last_; }

 private:
  void append(std::string_view bytes);
  void end_line(steady_time now);
  bool may_write(steady_time now);
  void report_dropped();

  output_limits limits_;
  write_line line_;
  write_dropped dropped_;
  std::string current_;
  bool cut_{false};  ///< the current line was longer
  std::string last_;
  double tokens_;
  steady_time filled_at_{};
  std::uint64_t dropped_lines_{0};
};

}  // namespace lastcall::jobs
