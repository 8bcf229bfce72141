#include "app/report_file.hpp"

#include "jobs/owned_fd.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lastcall::app {
namespace {

error can_not_write(const std::string& path, int why) {
  return {error_kind::io, "", "the report can't be written to " + path + ": " + std::strerror(why)};
}

result<void> write_to(const std::string& shown_path, const std::string& path, int flags,
                      std::string_view text) {
  const jobs::owned_fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0644));
  if (!fd) return can_not_write(shown_path, errno);
  while (!text.empty()) {
    const ssize_t written = ::write(fd.get(), text.data(), text.size());
    if (written < 0 && errno != EINTR) return can_not_write(shown_path, errno);
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

std::string report_file::draft_path() const { return path_ + "." + std::to_string(::getpid()) + ".tmp"; }

result<report_file> report_file::prepare(std::string path) {
  struct stat there{};
  const bool exists = ::stat(path.c_str(), &there) == 0;
  if (exists && S_ISDIR(there.st_mode)) return can_not_write(path, EISDIR);
  if (exists && !S_ISREG(there.st_mode)) {
    if (::access(path.c_str(), W_OK) != 0) return can_not_write(path, errno);
    return report_file(std::move(path), true);
  }
  report_file made(std::move(path), false);
  const std::string draft = made.draft_path();
  if (const auto tried = write_to(made.path_, draft, O_CREAT | O_TRUNC, ""); !tried) return tried.error();
  ::unlink(draft.c_str());
  return made;
}

result<void> report_file::write(std::string_view line) const {
  const std::string text = std::string(line) + "\n";
  // A pipe that nobody reads must not hold the exit up.
  if (is_special_) return write_to(path_, path_, O_NONBLOCK | O_APPEND, text);
  const std::string draft = draft_path();
  if (auto written = write_to(path_, draft, O_CREAT | O_TRUNC, text); !written) {
    ::unlink(draft.c_str());
    return written;
  }
  if (std::rename(draft.c_str(), path_.c_str()) != 0) {
    const int why = errno;
    ::unlink(draft.c_str());
    return can_not_write(path_, why);
  }
  return {};
}

}  // namespace lastcall::app
