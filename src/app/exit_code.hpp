#pragma once

#include "worker/report.hpp"

#include <stdexcept>
#include <string>

namespace lastcall::app {

/// How the program ends where no worker ran; what a worker ends with is in worker/report.hpp. The numbers are
/// those of sysexits(3).
enum exit_code : int {
  exit_ok = worker::exit_settled,
  exit_usage = 64,        ///< the command line is wrong
  exit_bad_data = 65,     ///< some of the input could not be taken; the rest was
  exit_unavailable = 69,  ///< the queue can't be reached or used
  exit_system = 71,       ///< the machine lacks a resource: threads, descriptors, memory, room on a disk
  exit_config = 78,       ///< the environment, the file, or what they say together is wrong
  exit_signal_base = 128  ///< ended by a signal before it was done: 128 + its number, as shells say it
};

/// Ends a command before it has begun: bad configuration, or a queue that can't be used. The text is for the
/// operator.
class refusal : public std::runtime_error {
 public:
  refusal(int exit, const std::string& text) : std::runtime_error(text), exit_(exit) {}
  int exit() const noexcept { return exit_; }

 private:
  int exit_;
};

}  // namespace lastcall::app
