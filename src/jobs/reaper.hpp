#pragma once

#include "runtime/clock.hpp"

#include <boost/asio/awaitable.hpp>

namespace lastcall::jobs {

/// For a process that is PID 1 of a container: what its jobs' commands leave behind becomes its children, and
/// would stay as zombies until the container ends. Reaps them once a second and leaves the children of the
/// exec job to their owners. Runs until cancelled; may run on another thread than the jobs.
boost::asio::awaitable<void> reap_orphans(clock&);

}  // namespace lastcall::jobs
