#pragma once

#include "jobs/exit_status.hpp"

#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <sys/types.h>

namespace lastcall::jobs {

/// The children whose exit someone in this process waits for. Whoever reaps on behalf of PID 1 leaves those
/// alone, so that no owner finds its child's status taken. One for the process, because reaping is; any
/// thread.
class child_registry {
 public:
  static child_registry& of_process();

  /// Calls `spawn`, which returns the id of a new child or a negative number, and remembers the child.
  /// Orphans are not reaped meanwhile: a child that ends before its id is known here must not be taken for
  /// one.
  template <class Spawn>
  pid_t start(Spawn&& spawn) {
    const std::shared_lock no_orphans_reaped(reaping_);
    const pid_t id = spawn();
    if (id > 0) remember(id);
    return id;
  }
  /// The status of a child of `start`, once it has ended; it is then forgotten. Does not block.
  std::optional<exit_status> reap(pid_t);
  /// Nobody waits for this child any more: it is reaped by `reap_abandoned` when it ends.
  void abandon(pid_t);
  void reap_abandoned();
  /// Reaps children that nobody here has started: orphans that the kernel gave to this process as PID 1 or as
  /// a subreaper. Returns how many. Stops early at an ended child whose owner has yet to reap it; call it
  /// again later.
  std::size_t reap_orphans();

 private:
  void remember(pid_t);

  std::shared_mutex reaping_;
  std::mutex mutex_;
  std::set<pid_t> awaited_;
  std::set<pid_t> abandoned_;
};

}  // namespace lastcall::jobs
