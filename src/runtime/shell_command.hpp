#pragma once

#include "base/error.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace lastcall {

/// Runs a command line with /bin/sh and answers what it wrote to its standard output, at most 1 MiB; its
/// standard input is empty. An error of kind `io` says how it ended, with the last line of its standard
/// error. The command runs in a process group of its own, watched by a thread of its own, and is killed at
/// `deadline`, also when the coroutine was cancelled before: then that ends with `error_kind::cancelled`.
boost::asio::awaitable<result<std::string>> run_shell_command(clock&, std::string line, steady_time deadline);

}  // namespace lastcall
