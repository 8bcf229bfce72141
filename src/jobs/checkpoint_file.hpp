#pragma once

#include "base/error.hpp"
#include "jobs/owned_fd.hpp"

#include <string>
#include <string_view>

namespace lastcall::jobs {

/// The file in which a command writes how far it has come: in memory, so that nothing is left to clean up,
/// and reached by a path through this process, so that every process of the same user can open it, whatever
/// descriptors it has closed. It can be truncated and written, but not replaced by another file.
class checkpoint_file {
 public:
  /// With that content.
  static result<checkpoint_file> make(std::string_view content);

  std::string path() const;
  /// The content now, as much of it as tells that it is too large for a checkpoint.
  result<std::string> read() const;

 private:
  explicit checkpoint_file(owned_fd owned) : file_(std::move(owned)) {}
  owned_fd file_;
};

}  // namespace lastcall::jobs
