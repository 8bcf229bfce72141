#pragma once

#include "app/console.hpp"
#include "app/report_file.hpp"
#include "worker/report.hpp"

#include <optional>
#include <string>

namespace lastcall::app {

/// Brings the report at exit to where it is wanted: standard output, and --report.
class report_delivery {
 public:
  /// `path` empty: standard output alone. Throws `refusal` with exit_config where the file can't be written:
  /// that is found out before there is something to report.
  report_delivery(output& out, const std::string& path);

  /// A place where it can't be written is logged, and changes nothing else: the exit code speaks of the
  /// messages.
  void deliver(const worker::report&) const noexcept;

 private:
  output& out_;
  std::optional<report_file> file_;
};

/// The report of a worker that was told to stop before it had begun.
worker::report nothing_done(int signal);

/// "SIGTERM"
const char* name_of_signal(int number) noexcept;

}  // namespace lastcall::app
