#include "jobs/email_folder.hpp"

#include "base/encoding.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>

namespace lastcall::jobs {
namespace {

error refuse(std::string_view path, std::string_view why) {
  return {error_kind::invalid, "", "'" + printable(path, 200) + "' " + std::string(why)};
}

error not_readable(std::string_view path) {
  if (errno == ELOOP) return refuse(path, "is a symbolic link, or leads over one");
  if (errno == ENOTDIR)
    return refuse(path, "leads over something that is not a folder, or over a symbolic link");
  return refuse(path, std::string("can't be read: ") + std::strerror(errno));
}

/// Opens what lies at the path, name by name.
result<owned_fd> walk(int from, std::string_view path) {
  owned_fd here;
  std::string_view rest = path;
  for (;;) {
    const std::size_t slash = rest.find('/');
    const std::string name(rest.substr(0, slash));
    if (name.empty() || name == "." || name == "..")
      return refuse(path, "must be a path inside of the attachment folder, without '.' and '..'");
    const bool is_last = slash == std::string_view::npos;
    const int how = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (is_last ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY);
    owned_fd next(::openat(here ? here.get() : from, name.c_str(), how));
    if (!next) return not_readable(path);
    if (is_last) return next;
    here = std::move(next);
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace

result<email_folder> email_folder::open(const std::string& path) {
  owned_fd folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder)
    return error{error_kind::io, "",
                 "the attachment folder '" + path + "' can't be opened: " + std::strerror(errno)};
  return email_folder(std::move(folder));
}

result<std::string> email_folder::read(std::string_view path, std::size_t max_bytes) const {
  if (path.find('\0') != std::string_view::npos) return refuse(path, "holds a NUL");
  auto file = walk(folder_.get(), path);
  if (!file) return file.error();
  struct stat about{};
  if (::fstat(file->get(), &about) != 0) return not_readable(path);
  if (!S_ISREG(about.st_mode)) return refuse(path, "is not a file");
  const std::string too_long =
      "is longer than the " + std::to_string(max_bytes) + " bytes that are left for it";
  if (static_cast<std::size_t>(about.st_size) > max_bytes) return refuse(path, too_long);
  std::string content(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t had = 0;
  while (had < content.size()) {
    const ssize_t n = ::read(file->get(), content.data() + had, content.size() - had);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return not_readable(path);
    if (n == 0) break;  // it has become shorter
    had += static_cast<std::size_t>(n);
  }
  content.resize(had);
  return content;
}

}  // namespace lastcall::jobs
