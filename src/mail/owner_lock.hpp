#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>

namespace lastcall::mail {

/// Shows other processes of this machine that an owner lives: it holds a lock on its own byte of a shared
/// file, which the kernel takes back when the process ends, however it ends (fcntl(2), open file description
/// locks). Process ids would not do: containers that share a folder have different ones.
class owner_lock {
 public:
  /// Opens or creates the file.
  static result<owner_lock> open(const std::string& path);
  owner_lock(owner_lock&& other) noexcept;
  owner_lock& operator=(owner_lock&&) = delete;
  ~owner_lock();

  /// Becomes this owner, a number above 0 that no one else uses or has used.
  result<void> become(std::int64_t owner);
  /// Whether that owner lives.
  bool is_alive(std::int64_t owner) const noexcept;

 private:
  explicit owner_lock(int owned_fd) noexcept : fd_(owned_fd) {}
  int fd_;
  std::int64_t self_{0};
};

}  // namespace lastcall::mail
