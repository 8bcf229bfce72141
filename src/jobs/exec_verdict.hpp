#pragma once

#include "jobs/exit_status.hpp"

#include <lastcall/job.hpp>
#include <optional>
#include <string>

namespace lastcall::jobs {

/// How a command's run ended, as far as the message's fate depends on it.
struct exec_ending {
  std::optional<exit_status> status{};  ///< nothing: it had not ended when its time was over
  stop_reason told{stop_reason::none};  ///< why it was sent SIGTERM, if it was
  bool killed{false};                   ///< and SIGKILL
  std::string last_output{};            ///< the last line of its standard output that is not blank
  std::string last_error{};             ///< the same of its standard error
};

/// What becomes of the job. Exit 0 is done, whenever it comes. Told to stop: `stopped`, or `retry` where that
/// was for the time limit. Otherwise 75 (EX_TEMPFAIL of sysexits.h) is `retry` and all else is `failed`; both
/// come again after N seconds where `{"retry_after_s":N}` is the last line of the output.
outcome judge(const exec_ending&);

}  // namespace lastcall::jobs
