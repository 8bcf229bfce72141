#pragma once

#include "base/error.hpp"
#include "jobs/exit_status.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace lastcall::jobs {

/// A program that runs as a child of this process, in a process group of its own. Used on one strand only.
class child {
 public:
  struct plan {
    std::string path;                      ///< of the executable; PATH is not searched
    std::vector<std::string> arguments;    ///< from argv[0] on
    std::vector<std::string> environment;  ///< "NAME=value"
    std::string_view input;                ///< what it finds on its standard input
  };

  /// Starts the program. Its standard input is a sealed file in memory: nothing has to be fed to it, and a
  /// program that does not read it disturbs nobody. `error_kind::io`: the machine lacks a resource at the
  /// moment; `error_kind::invalid`: this program can't be started so.
  static result<std::unique_ptr<child>> start(const boost::asio::any_io_executor&, const plan&);
  /// An error where this kernel lacks what `start` needs.
  static result<void> check_platform();

  /// Kills the whole group if the child has not been awaited to its end; then what remains of it is reaped
  /// later.
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  /// Completes when the program has ended, by a pidfd: SIGCHLD plays no part. Nothing: `close` was called, or
  /// the coroutine was cancelled.
  boost::asio::awaitable<std::optional<exit_status>> wait();
  /// The reading ends of its standard output and standard error.
  boost::asio::posix::stream_descriptor& output() noexcept { return output_; }
  boost::asio::posix::stream_descriptor& errors() noexcept { return errors_; }
  /// Sends a signal to all processes of its group. Once `wait` has completed with a status, only while
  /// `has_group`: the group's id may be another's later.
  void signal_group(int number) noexcept;
  /// Whether any process of its group is left. Reaps those of them that became children of this process.
  bool has_group() const noexcept;
  /// Ends the wait and the reads under way.
  void close() noexcept;

 private:
  using descriptor = boost::asio::posix::stream_descriptor;
  child(const boost::asio::any_io_executor&, pid_t id);

  pid_t id_;
  bool reaped_{false};
  descriptor exit_;
  descriptor output_;
  descriptor errors_;
};

}  // namespace lastcall::jobs
