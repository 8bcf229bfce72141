#pragma once

#include "app/console.hpp"

#include <cassert>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace lastcall::app {

/// A stream of the console that a test can read afterwards.
class captured {
 public:
  captured() : fd_(::memfd_create("captured", MFD_CLOEXEC)), to_(fd_) { assert(fd_ >= 0); }
  captured(const captured&) = delete;
  captured& operator=(const captured&) = delete;
  ~captured() { ::close(fd_); }

  output& to() { return to_; }
  std::string text() const {
    std::string all;
    char piece[4096];
    for (ssize_t n = 0; (n = ::pread(fd_, piece, sizeof piece, static_cast<off_t>(all.size()))) > 0;)
      all.append(piece, static_cast<std::size_t>(n));
    return all;
  }

 private:
  int fd_;
  output to_;
};

/// A console that keeps what is written, with nothing to read.
struct captured_console {
  captured out;
  captured err;
  console streams{-1, out.to(), err.to()};
};

}  // namespace lastcall::app
