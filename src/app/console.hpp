#pragma once

#include "app/output.hpp"

namespace lastcall::app {

/// The three standard streams: the process's own, or those of a test.
struct console {
  int in{0};    ///< read by `send`
  output& out;  ///< what was asked for: reports, lists
  output& err;  ///< everything about it: logs, progress, what went wrong
};

}  // namespace lastcall::app
