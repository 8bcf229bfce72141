#pragma once

#include "base/error.hpp"
#include "jobs/output_lines.hpp"
#include "runtime/clock.hpp"

#include <chrono>
#include <lastcall/job.hpp>
#include <memory>
#include <string>
#include <vector>

namespace lastcall::jobs {

/// The job that runs a command for each message; src/jobs/README.md is its contract with the command.
struct exec_options {
  std::vector<std::string> command;  ///< the program and its arguments; no shell is involved
  output_limits output{};
  /// How long what the command has started and left behind may hold its output open before it is no longer
  /// read.
  std::chrono::nanoseconds linger{std::chrono::seconds(1)};
};

/// An error where the command can't be executed as things are, or the kernel lacks what that needs. Takes
/// this process's environment and PATH as they are now. Makes SIGCHLD's disposition the default where it is
/// to ignore, as the kernel would then drop the exit statuses. The handler needs an `io_context` behind its
/// executor; the clock must outlive it.
///
/// When told to stop, the command's process group gets SIGTERM, and SIGKILL shortly before
/// `job::stop_deadline`.
result<std::unique_ptr<handler>> make_exec(clock&, const exec_options&);

}  // namespace lastcall::jobs
