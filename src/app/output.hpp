#pragma once

#include "runtime/clock.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::app {

/// Writes to a file descriptor without ever waiting long: whoever reads our output may stop reading, and must
/// not stop the worker by it. SIGPIPE must be ignored. Any thread may call any function; nothing throws.
class output {
 public:
  /// `may_draw`: whether a terminal there understands escape sequences.
  explicit output(int fd, bool may_draw = true);
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  /// A terminal that can be drawn on.
  bool is_terminal() const noexcept { return is_terminal_; }
  /// Columns of the terminal; 80 where it isn't one.
  unsigned width() const noexcept;

  /// Writes the text as it is. What a person reads page by page wants much patience. False: the reader is
  /// gone, or did not read for `patience`, or it can't be written, as `errno` says; a part may have been.
  bool write(std::string_view text, std::chrono::nanoseconds patience = std::chrono::seconds(1)) noexcept;

  /// Writes a line, above the block if there is one. A reader that does not read costs 200 ms once; from then
  /// on lines are dropped at once, until it reads again. False: dropped.
  bool line(std::string_view text) noexcept;
  /// Keeps these lines at the bottom of the terminal, in place of those before. Nothing where this is no
  /// terminal.
  void block(std::vector<std::string> lines) noexcept;
  /// What the block shows becomes ordinary lines.
  void release_block() noexcept;

 private:
  bool write_all(std::string_view text, steady_time deadline) noexcept;
  std::string erased_block() const;
  std::string drawn_block() const;

  const int fd_;
  const bool is_terminal_;
  std::mutex mutex_;
  std::vector<std::string> block_;
  bool stalled_{false};
};

}  // namespace lastcall::app
