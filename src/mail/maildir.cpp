#include "mail/maildir.hpp"

#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace lastcall::mail {
namespace {

error failed(const std::string& what) {
  return {error_kind::io, "", what + ": " + std::system_category().message(errno)};
}

/// The machine's name as a file name may hold it (slash and colon mean something in a maildir).
std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  std::string host = name;
  for (char& c : host)
    if (c == '/' || c == ':') c = '_';
  return host;
}

bool write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

maildir::maildir(std::string path) : path_(std::move(path)), host_(host_name()) {}

result<maildir> maildir::open(const std::string& path) {
  for (const char* part : {"tmp", "new", "cur"}) {
    std::error_code problem;
    std::filesystem::create_directories(std::filesystem::path(path) / part, problem);
    if (problem)
      return error{error_kind::io, "", "can't make the mail folder '" + path + "': " + problem.message()};
  }
  return maildir(path);
}

std::string maildir::unique_name(std::int64_t now_us) {
  return std::to_string(now_us / 1'000'000) + ".M" + std::to_string(now_us % 1'000'000) + "P" +
         std::to_string(::getpid()) + "Q" + std::to_string(++count_) + "." + host_;
}

result<void> maildir::store(const std::string& name, std::string_view message) const {
  const std::string temporary = path_ + "/tmp/" + name;
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return failed("can't write '" + temporary + "'");
  const bool is_written = write_all(fd, message);
  const bool is_stored = is_written && ::rename(temporary.c_str(), (path_ + "/new/" + name).c_str()) == 0;
  error why = is_stored ? error{} : failed("can't write '" + temporary + "'");
  ::close(fd);
  if (is_stored) return {};
  ::unlink(temporary.c_str());
  return why;
}

}  // namespace lastcall::mail
