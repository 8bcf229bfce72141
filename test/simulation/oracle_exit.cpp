// What a process leaves behind, and what it says about it.

#include "simulation/oracle.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lastcall::simulation {

using namespace std::chrono_literals;

void oracle::exited(std::size_t process, const worker::report& r, bool is_clean) {
  conduct& c = processes_[process];
  const auto broken = [&](int promise, const std::string& what) {
    violated(promise, fmt::format("worker {} {}", process, what));
  };
  if (now() > c.gone_at())
    broken(6, fmt::format("ended {} ms after its grace period", (now() - c.gone_at()) / 1ms));
  if (is_clean && c.open_polls != 0) broken(3, fmt::format("ended with {} receives open", c.open_polls));
  if (is_clean && c.running != 0) broken(4, fmt::format("ended cleanly with {} jobs running", c.running));
  if (is_clean && now() > c.last_obligation)
    broken(6, fmt::format("had nothing left to do for {} ms before it ended",
                          (now() - c.last_obligation) / 1ms));
  for (const auto& run : running_)
    if (run->process == process && run->subject->stopping() == stop_reason::none)
      broken(4, fmt::format("ended while {} runs, whose job was not told", name(run->receipt, run->message)));
  check_held_at_exit(process, r);
  check_left_behind(process, r);
  check_books(c, r, is_clean);
  cut_off(process);
}

/// What the service still counts as leased to this process was either released, with a pause that there is a
/// reason for, or had to be counted as lost; or the report says that it is left behind.
void oracle::check_held_at_exit(std::size_t process, const worker::report& r) {
  const conduct& c = processes_[process];
  for (const lease_record* l : c.leases) {
    if (!l->delivered || l->deleted || l->deleted_perhaps) continue;
    const bool is_lost = l->provable.may_be_lost(now());
    const bool was_released = l->released || l->released_perhaps;
    if (is_lost && !was_released && !l->asked && !l->provable.is_at_limit() &&
        l->delivered_at < l->provable.lost_at())
      violated(5,
               fmt::format("worker {} let the lease of {} end and never asked for more", process, name(*l)));
    if (is_lost || l->touched_late || !is_current(l->receipt)) continue;
    const steady_time due = truth_->look(l->receipt.serial).due;
    if (was_released && due <= l->freed_at.value_or(now()) + longest_pause(c, *l)) continue;
    if (std::ranges::find(r.left_behind, l->message_id, &worker::holding::message_id) != r.left_behind.end())
      continue;
    return violated(3, fmt::format("worker {} ended with exit code {} and holds {} for another {} ms",
                                   process, r.exit, name(*l), (due - now()) / 1ms));
  }
}

/// For how long a message that was put back may stay invisible.
std::chrono::nanoseconds oracle::longest_pause(const conduct& c, const lease_record& l) const {
  const auto backoff = c.options.retry.ceiling(std::max(l.receive_count, 1U) - 1) + 1s;
  std::chrono::nanoseconds longest = 0s;
  const stop_reason told = !l.run                ? stop_reason::none
                           : l.run->is_running() ? l.run->subject->stopping()
                                                 : l.run->told;
  const bool is_retried = told == stop_reason::none || told == stop_reason::time_limit;
  if (l.corrupt || told == stop_reason::time_limit) longest = backoff;
  if (l.run && is_retried && l.run->result != outcome::kind::stopped) {
    const bool says_when = plan_.messages[l.message].job.how == job_plan::failure::retried_after;
    longest = says_when ? std::chrono::nanoseconds(3s) : backoff;
  }
  // Released so late that a receive of this process, which it could not await, is outlasted.
  if (c.lost_a_poll) longest = std::max<std::chrono::nanoseconds>(longest, c.longest_wait + 2s);
  return longest;
}

/// A message is left behind only if a request about it is not answered at the end, or failed when there was no time
/// for another: tries go on until 50 ms before.
void oracle::check_left_behind(std::size_t process, const worker::report& r) {
  const conduct& c = processes_[process];
  if (!r.left_behind.empty() && plan_.faults.all_is_well() && has_time_at_the_end(c))
    violated(3, fmt::format("worker {} left {} messages behind, with nothing in its way", process,
                            r.left_behind.size()));
  for (const worker::holding& h : r.left_behind) {
    const auto is_excused = [&](const lease_record* l) {
      return l->message_id == h.message_id && (l->open_requests != 0 || l->failed_at >= now() - 50ms);
    };
    if (std::ranges::none_of(c.leases, is_excused))
      violated(3, fmt::format("worker {} left {} behind, and no request about it has failed", process,
                              h.message_id));
  }
}

bool oracle::has_time_at_the_end(const conduct& c) const {
  return c.options.reserve / 8 > 4 * plan_.faults.latency_most + 50ms &&
         c.options.grace - c.options.reserve > 2s;
}

void oracle::check_books(const conduct& c, const worker::report& r, bool is_clean) {
  const worker::totals& t = r.sums;
  // `perhaps`: of what came in the instant in which it began, or ceased, to count.
  const auto want = [&](const char* what, std::uint64_t books, std::uint64_t in_truth,
                        std::uint64_t perhaps = 0) {
    if (books >= in_truth && books <= in_truth + perhaps) return;
    violated(9, fmt::format("the books say {}: {}, in truth {}", what, books, in_truth));
  };
  want("received", t.received, c.delivered);
  want("received is all that became of it", t.deleted + t.released + t.lost + r.left_behind.size(),
       t.received);
  want("late", t.late, c.late, c.late_perhaps);
  std::uint64_t deleted = 0, deleted_perhaps = 0, released = 0, released_perhaps = 0;
  for (const lease_record* l : c.leases) {
    deleted += l->deleted ? 1 : 0;
    deleted_perhaps += l->deleted_perhaps ? 1 : 0;
    released += l->released ? 1 : 0;
    released_perhaps += l->released_perhaps && !l->released ? 1 : 0;
  }
  // When time is up, what was answered in that very instant may be in the books or not.
  want("deleted", t.deleted, is_clean ? deleted : 0, deleted_perhaps + (is_clean ? 0 : deleted));
  want("released", t.released, is_clean ? released : 0, released_perhaps + (is_clean ? 0 : released));
  if (is_clean) check_jobs(c, t);
}

void oracle::check_jobs(const conduct& c, const worker::totals& t) {
  std::uint64_t ended = 0, unsure = 0, done = 0, lost = 0, cut = 0;
  for (const lease_record* l : c.leases) {
    if (!l->run) continue;
    const job_record& run = *l->run;
    ++ended;
    if (run.ended_too_late)
      ++lost;
    else if (!run.ended_in_time)
      ++unsure;
    else if (run.result == outcome::kind::done)
      ++done;
    else if (run.told == stop_reason::draining)
      ++cut;
  }
  const auto want = [&](const char* what, std::uint64_t books, std::uint64_t at_least,
                        std::uint64_t at_most) {
    if (books < at_least || books > at_most)
      violated(9, fmt::format("the books say {}: {}, in truth {}", what, books, at_least));
  };
  want("jobs", t.jobs_done + t.jobs_failed + t.jobs_retried + t.jobs_cut + t.jobs_lost, ended, ended);
  want("jobs done", t.jobs_done, done, done + unsure);
  want("jobs lost", t.jobs_lost, lost, lost + unsure);
  want("jobs cut", t.jobs_cut, cut, cut + unsure);
}

}  // namespace lastcall::simulation
