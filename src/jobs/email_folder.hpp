#pragma once

#include "base/error.hpp"
#include "jobs/owned_fd.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace lastcall::jobs {

/// The folder that attachments may come from, and nothing outside of it: a path is walked one name at a time,
/// from the folder that was opened at start, without `..` and without following symbolic links.
class email_folder {
 public:
  static result<email_folder> open(const std::string& path);

  /// Reads a regular file of at most `max_bytes`. `path` is relative to the folder. Blocks.
  result<std::string> read(std::string_view path, std::size_t max_bytes) const;

 private:
  explicit email_folder(owned_fd folder) noexcept : folder_(std::move(folder)) {}
  owned_fd folder_;
};

}  // namespace lastcall::jobs
