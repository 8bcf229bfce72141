#include "jobs/exec_watch.hpp"

#include <algorithm>

namespace lastcall::jobs {
namespace {

using namespace std::chrono_literals;

// Of the time to the deadline a quarter, at most this, is kept for SIGKILL to work and the worker to release.
constexpr std::chrono::nanoseconds longest_margin = 500ms;
// SIGKILL takes effect within this, unless the kernel holds the process.
constexpr std::chrono::nanoseconds kill_takes = 100ms;
// What the processes wrote before they ended is read within this; a process that left the group may hold it
// open.
constexpr std::chrono::nanoseconds rest_takes = 100ms;
// How often the group, which nothing announces the end of, and the deadline, which may come nearer, are
// looked at.
constexpr std::chrono::nanoseconds glance_every = 20ms;

}  // namespace

exec_watch::step exec_watch::next(const view& seen) {
  return told_ || (seen.stopping && !seen.ended) ? next_when_told(seen) : next_unless_told(seen);
}

exec_watch::step exec_watch::next_unless_told(const view& seen) {
  if (!seen.ended) return {step::kind::wait, steady_time::max()};
  settled_at_ = std::min(settled_at_, seen.now);
  const steady_time until = settled_at_ + linger_;
  if (!seen.output_open || seen.stopping || seen.now >= until) return {step::kind::leave};
  return {step::kind::wait, until};
}

exec_watch::step exec_watch::next_when_told(const view& seen) {
  if (!told_) {
    told_ = true;
    margin_ = std::clamp((seen.stop_deadline - seen.now) / 4, 0ns, longest_margin);
    return {step::kind::terminate};
  }
  // Its children were told as well, and may be saving their state although the command itself has ended.
  if (seen.ended && (killed_ || !seen.group_exists)) {
    settled_at_ = std::min(settled_at_, seen.now);
    const steady_time until = std::min(settled_at_ + rest_takes, seen.stop_deadline);
    if (!seen.output_open || seen.now >= until) return {step::kind::leave};
    return {step::kind::wait, until};
  }
  if (!killed_ && seen.now >= seen.stop_deadline - margin_) {
    killed_ = true;
    killed_at_ = seen.now;
    return {step::kind::kill};
  }
  if (killed_ && seen.now >= std::max(seen.stop_deadline, killed_at_ + kill_takes))
    return {step::kind::leave};
  return {step::kind::wait, seen.now + glance_every};
}

}  // namespace lastcall::jobs
