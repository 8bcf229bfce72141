#include "app/line_reader.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace lastcall::app {

namespace asio = boost::asio;

line_reader::line_reader(const asio::any_io_executor& executor, int fd, std::size_t most_bytes)
    : source_(executor, ::dup(fd)), most_bytes_(most_bytes) {}

asio::awaitable<result<std::optional<line_reader::line>>> line_reader::next() {
  for (;;) {
    if (std::optional<line> found = take_line()) co_return found;
    if (at_end_) co_return std::optional<line>{};
    // What is always ready to be read is never waited for: nobody else would notice.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      co_return error{error_kind::cancelled, "", "cancelled"};
    const result<void> filled = co_await fill();
    if (!filled) co_return filled.error();
  }
}

bool line_reader::would_wait() const {
  if (at_end_ || buffer_.find('\n', looked_at_) != std::string::npos) return false;
  pollfd waiting{const_cast<asio::posix::stream_descriptor&>(source_).native_handle(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 0;
}

std::optional<line_reader::line> line_reader::take_line() {
  const std::size_t end = buffer_.find('\n', looked_at_);
  const std::size_t held = buffer_.size() - begin_;
  if (end == std::string::npos && !(at_end_ && (skipping_ || held > 0))) {
    buffer_.erase(0, begin_);
    if (held > most_bytes_) {
      skipping_ = true;
      buffer_.clear();
    }
    begin_ = 0;
    looked_at_ = buffer_.size();
    return std::nullopt;
  }
  line found{++number_, buffer_.substr(begin_, end == std::string::npos ? end : end - begin_), skipping_};
  begin_ = looked_at_ = end == std::string::npos ? buffer_.size() : end + 1;
  skipping_ = false;
  if (found.text.ends_with('\r')) found.text.pop_back();
  if (found.text.size() > most_bytes_) found.is_too_long = true;
  if (found.is_too_long) found.text.clear();
  return found;
}

asio::awaitable<result<void>> line_reader::fill() {
  const auto [failed] = co_await source_.async_wait(asio::posix::stream_descriptor::wait_read,
                                                    asio::as_tuple(asio::use_awaitable));
  if (failed == asio::error::operation_aborted) co_return error{error_kind::cancelled, "", "cancelled"};
  // What can't be waited for, such as a file, can be read at once.
  if (failed && failed != asio::error::operation_not_supported)
    co_return error{error_kind::io, "", "the input can't be read: " + failed.message()};
  std::array<char, 65536> piece;
  const ssize_t size = ::read(source_.native_handle(), piece.data(), piece.size());
  if (size < 0 && errno != EINTR && errno != EAGAIN)
    co_return error{error_kind::io, "", std::string("the input can't be read: ") + std::strerror(errno)};
  if (size == 0) at_end_ = true;
  if (size > 0) buffer_.append(piece.data(), static_cast<std::size_t>(size));
  co_return result<void>{};
}

}  // namespace lastcall::app
