// What a process does with its jobs.

#include "simulation/oracle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lastcall::simulation {

using namespace std::chrono_literals;

namespace {

std::size_t number_in(const std::string& body) {
  std::size_t n = 0;
  std::from_chars(body.data(), body.data() + body.size(), n);
  return n;
}

}  // namespace

std::shared_ptr<job_record> oracle::job_began(std::size_t process, const job& j) {
  conduct& c = processes_[process];
  lease_record* l = find(j.message().receipt_handle);
  auto run = std::make_shared<job_record>();
  run->process = process;
  run->number = l != nullptr ? l->number : ++numbers_;
  run->subject = &j;
  run->began = now();
  run->message = number_in(j.message().body);
  if (l != nullptr) {
    run->receipt = l->receipt;
    check_start(c, *l, *run);
    l->run = run;
  } else {
    violated(3, fmt::format("worker {} works on a message that it never received", process));
  }
  trace_.add(now(), process, trace::kind::job, run->number,
             [&] { return fmt::format("job of {} begins", name(run->receipt, run->message)); });
  ++c.running;
  running_.push_back(run);
  return run;
}

void oracle::check_start(const conduct& c, const lease_record& l, const job_record& run) {
  const auto where = [&] { return fmt::format("worker {} starts {}", run.process, name(l)); };
  if (l.process != run.process) violated(3, where() + ", which it never received");
  if (l.corrupt) violated(1, where() + ", which does not fit its MD5");
  if (l.run) violated(9, where() + " twice");
  if (l.release_sent_at) violated(4, where() + ", which it has released");
  if (is_draining(c) && l.delivered_at > *c.drained_at)
    violated(3, where() + ", which came after it was told to stop");
  if (c.drained_at && now() > c.cut_at()) violated(4, where() + " when jobs are to be cut");
  if (l.provable.must_be_lost(now())) violated(5, where() + ", whose lease is lost");
  if (!is_current(l.receipt)) violated(5, where() + ", whose lease has ended");
  if (c.running >= c.options.concurrency * c.shards)
    violated(10, where() + fmt::format(" while {} jobs run", c.running));
  if (plan_.fifo) check_group(l, run);
}

void oracle::check_group(const lease_record& l, const job_record& run) {
  const std::string& group = plan_.messages[l.message].group;
  for (std::size_t earlier = 0; earlier < l.message; ++earlier) {
    // On a FIFO queue there are no copies: the n-th message that was sent has the serial number n.
    if (plan_.messages[earlier].group == group && was_sent_[earlier] && truth_->look(earlier + 1).exists)
      violated(7, fmt::format("worker {} starts message {} of group {}, but {} comes first", run.process,
                              l.message, group, earlier));
  }
  for (const auto& other : running_)
    if (plan_.messages[other->message].group == group && other->subject->stopping() == stop_reason::none)
      violated(7, fmt::format("worker {} starts message {} of group {} while worker {} works on {}",
                              run.process, l.message, group, other->process, other->message));
}

void oracle::job_noticed(job_record& run) {
  trace_.add(now(), run.process, trace::kind::told, run.number, [&] {
    constexpr const char* why[] = {"nothing", "the drain", "a lost lease", "its time limit"};
    return fmt::format("job of {} is told of {}", name(run.receipt, run.message),
                       why[static_cast<std::size_t>(run.subject->stopping())]);
  });
  check_told(run, leases_.at(key(run.receipt)));
}

/// A job is told in the instant in which there is reason to, neither before nor after.
void oracle::check_told(const job_record& run, const lease_record& l) {
  const conduct& c = processes_[run.process];
  const auto broken = [&](int promise, const char* what) {
    violated(promise, fmt::format("worker {} tells the job of {} {}", run.process, name(l), what));
  };
  switch (run.subject->stopping()) {
    case stop_reason::draining: {
      if (!c.drained_at || now() < c.cut_at()) return broken(4, "to stop, which had time");
      if (now() > c.cut_at()) return broken(4, "to stop after it was time to");
      const auto margin = c.gone_at() - c.give_up_at();
      if (run.subject->stop_deadline() < std::min(now() + c.options.reserve, c.gone_at()) - margin)
        broken(4, "to stop, and does not give it the reserve");
      break;
    }
    case stop_reason::lease_lost:
      if (!l.provable.may_be_lost(now())) broken(4, "that its lease is lost, which it has");
      if (l.provable.must_be_lost(now())) broken(5, "of its lost lease after it was time to");
      if (truth_->look(l.receipt.serial).exists && !is_current(l.receipt))
        broken(5, "of its lost lease when it has ended");
      if (!l.asked && !l.provable.is_at_limit()) broken(5, "of its lost lease, and has not asked for more");
      break;
    case stop_reason::time_limit:
      if (c.options.job_timeout == 0s || now() != run.began + c.options.job_timeout)
        broken(4, "of its time limit, which is not reached");
      break;
    case stop_reason::none:
      break;
  }
}

void oracle::check_untold(const job_record& run) {
  const conduct& c = processes_[run.process];
  const lease_record& l = leases_.at(key(run.receipt));
  const auto broken = [&](int promise, const char* what) {
    violated(promise,
             fmt::format("worker {} works on {} {}, and has not told the job", run.process, name(l), what));
  };
  if (l.provable.must_be_lost(now())) broken(5, "whose lease is lost");
  if (truth_->look(l.receipt.serial).exists && !is_current(l.receipt)) broken(5, "whose lease has ended");
  if (c.drained_at && now() > c.cut_at()) broken(4, "when jobs are to be cut");
  if (c.options.job_timeout > 0s && now() > run.began + c.options.job_timeout)
    broken(10, "beyond its time limit");
}

void oracle::job_ended(job_record& run, outcome::kind result) {
  conduct& c = processes_[run.process];
  trace_.add(
      now(), run.process, trace::kind::job_end, run.number,
      [&] {
        constexpr const char* how[] = {"is done", "is to be retried", "has failed", "has stopped"};
        return fmt::format("job of {} {}", name(run.receipt, run.message),
                           how[static_cast<std::size_t>(result)]);
      },
      static_cast<std::int64_t>(result));
  const provable_lease& lease = leases_.at(key(run.receipt)).provable;
  if (run.subject->stopping() == stop_reason::none) check_untold(run);
  run.result = result;
  run.told = run.subject->stopping();
  run.stop_deadline = run.subject->stop_deadline();
  run.subject = nullptr;
  run.ended = now();
  run.ended_in_time = !lease.may_be_lost(now()) && now() < run.stop_deadline;
  run.ended_too_late = lease.must_be_lost(now()) && now() < run.stop_deadline;
  --c.running;
  c.last_obligation = std::max(c.last_obligation, now());
  std::erase_if(running_, [&run](const auto& other) { return other.get() == &run; });
}

}  // namespace lastcall::simulation
