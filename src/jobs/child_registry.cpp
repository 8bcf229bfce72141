#include "jobs/child_registry.hpp"

#include <cerrno>
#include <sys/wait.h>

namespace lastcall::jobs {
namespace {

struct glance {
  enum class kind { running, ended, no_such_child } what;
  siginfo_t info{};
};

/// waitid(2) without blocking.
glance look_at(idtype_t type, id_t id, int flags = 0) {
  glance seen{glance::kind::running};
  int answer = 0;
  do {
    answer = ::waitid(type, id, &seen.info, WEXITED | WNOHANG | flags);
  } while (answer != 0 && errno == EINTR);
  if (answer != 0)
    seen.what = glance::kind::no_such_child;
  else if (seen.info.si_pid != 0)
    seen.what = glance::kind::ended;
  return seen;
}

glance look_at(pid_t child) { return look_at(P_PID, static_cast<id_t>(child)); }

exit_status status_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {exit_status::kind::exited, info.si_status};
  return {exit_status::kind::signalled, info.si_status, info.si_code == CLD_DUMPED};
}

}  // namespace

child_registry& child_registry::of_process() {
  static child_registry registry;
  return registry;
}

std::optional<exit_status> child_registry::reap(pid_t child) {
  // Held over both steps: once the child is reaped its id may be given to another that is being remembered.
  const std::scoped_lock lock(mutex_);
  const glance seen = look_at(child);
  if (seen.what == glance::kind::running) return std::nullopt;
  awaited_.erase(child);
  if (seen.what == glance::kind::no_such_child) return exit_status{exit_status::kind::unknown};
  return status_of(seen.info);
}

void child_registry::abandon(pid_t child) {
  const std::scoped_lock lock(mutex_);
  awaited_.erase(child);
  abandoned_.insert(child);
}

void child_registry::reap_abandoned() {
  const std::scoped_lock lock(mutex_);
  std::erase_if(abandoned_, [](pid_t child) { return look_at(child).what != glance::kind::running; });
}

std::size_t child_registry::reap_orphans() {
  const std::unique_lock no_child_started(reaping_);
  const std::scoped_lock lock(mutex_);
  std::size_t reaped = 0;
  for (glance next = look_at(P_ALL, 0, WNOWAIT); next.what == glance::kind::ended;
       next = look_at(P_ALL, 0, WNOWAIT)) {
    const pid_t child = next.info.si_pid;
    if (awaited_.contains(child)) break;
    look_at(child);
    abandoned_.erase(child);
    ++reaped;
  }
  return reaped;
}

void child_registry::remember(pid_t child) {
  const std::scoped_lock lock(mutex_);
  awaited_.insert(child);
}

}  // namespace lastcall::jobs
