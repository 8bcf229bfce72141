#pragma once

#include "app/output.hpp"

#include <string>

namespace lastcall::app {

/// The three standard streams: the process's own, or those of a test.
struct console {
  int in{0};    ///< read by `send`
  output& out;  ///< what was asked for: reports, lists
  output& err;  ///< everything about it: logs, progress, what went wrong

  /// Writes to `out` what a command was asked for. Waits for a reader as long as it likes, so signals must have
  /// their own effect. Throws `refusal` with exit_system where it can't be written, as on a full disk; that
  /// nobody reads (any more) is none of our business.
  void answer(const std::string& text) const;
};

}  // namespace lastcall::app
