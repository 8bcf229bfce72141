#include "mail/owner_lock.hpp"

#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace lastcall::mail {
namespace {

error failed(const char* what) {
  return {error_kind::io, "", std::string(what) + ": " + std::system_category().message(errno)};
}

struct flock byte_of(std::int64_t owner) noexcept {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = owner;
  lock.l_len = 1;
  return lock;
}

}  // namespace

result<owner_lock> owner_lock::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return failed(("can't open '" + path + "'").c_str());
  return owner_lock(fd);
}

owner_lock::owner_lock(owner_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)), self_(other.self_) {}

owner_lock::~owner_lock() {
  if (fd_ >= 0) ::close(fd_);
}

result<void> owner_lock::become(std::int64_t owner) {
  struct flock lock = byte_of(owner);
  if (::fcntl(fd_, F_OFD_SETLK, &lock) != 0) return failed("can't lock the file of its owners");
  self_ = owner;
  return {};
}

bool owner_lock::is_alive(std::int64_t owner) const noexcept {
  if (owner == self_) return true;
  struct flock lock = byte_of(owner);
  // If it can't be told, the owner lives: better late than twice.
  return ::fcntl(fd_, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

}  // namespace lastcall::mail
