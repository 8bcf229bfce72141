#include "jobs/reaper.hpp"

#include "base/log.hpp"
#include "jobs/child_registry.hpp"

namespace lastcall::jobs {

boost::asio::awaitable<void> reap_orphans(clock& clock) {
  // Polled and not by SIGCHLD: an orphan may have to wait for another zombie to be reaped by its owner first,
  // which no signal announces.
  while (co_await sleep_for(clock, std::chrono::seconds(1))) {
    const std::size_t reaped = child_registry::of_process().reap_orphans();
    if (reaped != 0) log::debug("orphans reaped", {{"count", reaped}});
  }
}

}  // namespace lastcall::jobs
