#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace lastcall::app {

/// Where --report writes: a file that is replaced in one step, so that its reader never sees half a report;
/// or a device or pipe, which is written to as it is.
class report_file {
 public:
  /// Finds out now whether the report can be written at the end.
  static result<report_file> prepare(std::string path);
  /// Writes the line and its end.
  result<void> write(std::string_view line) const;

 private:
  report_file(std::string path, bool is_special) : path_(std::move(path)), is_special_(is_special) {}
  /// Beside the file, since only there a rename is one step.
  std::string draft_path() const;

  std::string path_;
  bool is_special_;
};

}  // namespace lastcall::app
