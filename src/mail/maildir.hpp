#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lastcall::mail {

/// A folder of messages, a file each, that mail readers open (https://cr.yp.to/proto/maildir.html): written
/// in tmp/, then renamed to new/, so that no reader sees half a message. It is not forced to the disk.
class maildir {
 public:
  /// Makes the folder and its three parts where they are missing.
  static result<maildir> open(const std::string& path);

  /// A name for a message, used by no other. `now_us`: the time of day, since 1970.
  std::string unique_name(std::int64_t now_us);
  /// Stores a message under a name of `unique_name`.
  result<void> store(const std::string& name, std::string_view message) const;
  const std::string& path() const noexcept { return path_; }

 private:
  explicit maildir(std::string path);
  std::string path_;
  std::string host_;
  std::uint64_t count_{0};
};

}  // namespace lastcall::mail
