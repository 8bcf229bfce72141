#include "jobs/checkpoint_file.hpp"

#include <cerrno>
#include <cstring>
#include <lastcall/job.hpp>
#include <sys/mman.h>
#include <unistd.h>

namespace lastcall::jobs {
namespace {

error failed(const char* what) {
  return {error_kind::io, {}, std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

result<checkpoint_file> checkpoint_file::make(std::string_view content) {
  owned_fd file{::memfd_create("checkpoint", MFD_CLOEXEC)};
  if (!file) return failed("no memory for its checkpoint");
  // A write to a file in memory is whole, unless there is no memory.
  if (::pwrite(file.get(), content.data(), content.size(), 0) != static_cast<ssize_t>(content.size()))
    return failed("no memory for its checkpoint");
  return checkpoint_file(std::move(file));
}

std::string checkpoint_file::path() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file_.get());
}

result<std::string> checkpoint_file::read() const {
  std::string content(largest_checkpoint + 1, '\0');
  const ssize_t size = ::pread(file_.get(), content.data(), content.size(), 0);
  if (size < 0) return failed("its checkpoint can't be read");
  content.resize(static_cast<std::size_t>(size));
  return content;
}

}  // namespace lastcall::jobs
