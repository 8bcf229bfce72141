#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <lastcall/job.hpp>

namespace lastcall {

/// One job as a coroutine: see `handler::run` in <lastcall/job.hpp>. Called on the loop of the message's
/// shard, several times at once; with `--threads N` on N loops, so what the jobs share must be safe to share.
/// Work that keeps a core busy belongs on a thread pool: while it runs on the loop, leases are not extended.
using job_function = std::function<boost::asio::awaitable<outcome>(job&)>;

/// A whole program: `main` of a worker that runs `work` for each message of a queue. It takes the options of
/// `lastcall work` from the command line, LASTCALL_… variables and `--config FILE`, catches SIGTERM, SIGINT
/// and SIGUSR1, drains, writes the report to standard output, and returns the exit code for `main` to return.
///
///     boost::asio::awaitable<lastcall::outcome> resize(lastcall::job& job) {
///       …
///       co_return lastcall::outcome::done();
///     }
///     int main(int argc, char** argv) { return lastcall::run(argc, argv, resize); }
///
/// Call it once, from `main`'s thread. Ignores SIGPIPE for the process. A job that ignores that it is told to
/// stop does not keep the process: then it ends from inside this call, after the report, without unwinding.
int run(int argc, char** argv, job_function work);

}  // namespace lastcall
