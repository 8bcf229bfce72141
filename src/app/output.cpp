#include "app/output.hpp"

#include <algorithm>
#include <cerrno>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace lastcall::app {
namespace {

constexpr std::chrono::milliseconds line_patience{200};

/// Whether something can be written before `deadline`.
bool wait_writable(int fd, steady_time deadline) noexcept {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - real_clock().now()).count();
    pollfd waiting{fd, POLLOUT, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::clamp<long long>(left, 0, 60'000)));
    if (ready > 0) return true;
    if (left <= 0 || (ready < 0 && errno != EINTR)) return false;
  }
}

}  // namespace

output::output(int fd, bool may_draw) : fd_(fd), is_terminal_(may_draw && ::isatty(fd) == 1) {}

unsigned output::width() const noexcept {
  winsize size{};
  if (!is_terminal_ || ::ioctl(fd_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

bool output::write_all(std::string_view text, steady_time deadline) noexcept {
  while (!text.empty()) {
    if (!wait_writable(fd_, deadline)) return false;
    // A pipe that is writable takes PIPE_BUF bytes without blocking (pipe(7)); more might block.
    const ssize_t written = ::write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool output::write(std::string_view text, std::chrono::nanoseconds patience) noexcept {
  const std::scoped_lock lock(mutex_);
  return write_all(text, real_clock().now() + patience);
}

bool output::line(std::string_view text) noexcept try {
  const std::scoped_lock lock(mutex_);
  std::string all = erased_block();
  all += text;
  all += '\n';
  all += drawn_block();
  const steady_time now = real_clock().now();
  stalled_ = !write_all(all, stalled_ ? now : now + line_patience);
  return !stalled_;
} catch (...) {  // no memory for it: the line is lost, the worker is not
  return false;
}

void output::block(std::vector<std::string> lines) noexcept try {
  if (!is_terminal_) return;
  const std::scoped_lock lock(mutex_);
  std::string all = erased_block();
  block_ = std::move(lines);
  all += drawn_block();
  write_all(all, real_clock().now());
} catch (...) {  // as above
}

void output::release_block() noexcept {
  const std::scoped_lock lock(mutex_);
  block_.clear();
}

/// The cursor rests on the line below the block.
std::string output::erased_block() const {
  return block_.empty() ? "" : "\x1b[" + std::to_string(block_.size()) + "A\r\x1b[J";
}

std::string output::drawn_block() const {
  std::string all;
  for (const std::string& one : block_)
    all += one + "\n";
  return all;
}

}  // namespace lastcall::app
