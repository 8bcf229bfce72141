#pragma once

#include "base/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace lastcall::app {

/// Reads lines from a file, a pipe or a terminal, as they come. Used on one strand only.
class line_reader {
 public:
  struct line {
    std::uint64_t number;  ///< from 1
    std::string text;      ///< without its end (LF or CRLF)
    bool is_too_long;      ///< then `text` is empty, and the line is skipped to its end
  };

  /// Reads from a duplicate of `fd`. A longer line than `most_bytes` is not kept in memory.
  line_reader(const boost::asio::any_io_executor&, int fd, std::size_t most_bytes);

  /// The next line; none at the end. A last line without its end counts. Cancelling the coroutine ends it
  /// with `error_kind::cancelled`.
  boost::asio::awaitable<result<std::optional<line>>> next();
  /// Whether `next` would have to wait for whoever writes.
  bool would_wait() const;

 private:
  std::optional<line> take_line();
  boost::asio::awaitable<result<void>> fill();

  boost::asio::posix::stream_descriptor source_;
  const std::size_t most_bytes_;
  std::string buffer_;
  std::size_t begin_{0};      ///< of the buffer: before it lies what has been taken
  std::size_t looked_at_{0};  ///< of the buffer: from begin_ to here there is no line's end
  std::uint64_t number_{0};
  bool skipping_{false};
  bool at_end_{false};
};

}  // namespace lastcall::app
