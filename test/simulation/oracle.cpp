#include "simulation/oracle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lastcall::simulation {

using namespace std::chrono_literals;

namespace {

/// What a process may take between its last obligation and its end: steps in an instant, and the few
/// milliseconds for which a batch waits for company.
constexpr auto promptly = 20ms;
/// The longest pause before another try of a settlement.
constexpr auto longest_pause = 10s;
constexpr std::chrono::seconds longest_visibility = 12h;

std::size_t number_in(const std::string& body) {
  std::size_t n = 0;
  std::from_chars(body.data(), body.data() + body.size(), n);
  return n;
}

}  // namespace

oracle::oracle(const plan& p, trace& t, const lastcall::clock& world)
    : plan_(p), trace_(t), clock_(world), was_sent_(p.messages.size()), was_done_(p.messages.size()) {}

void oracle::violated(int promise, std::string what) {
  trace_.add(now(), trace::world, trace::kind::note, 0,
             [&] { return fmt::format("PROMISE {} BROKEN: {}", promise, what); });
  if (has_failed()) return;
  promise_ = promise;
  failure_ = std::move(what);
}

std::string oracle::name(const broker::receipt& r, std::size_t message) const {
  return fmt::format("message {} (receive {})", message, r.lease);
}

// The world.

void oracle::process_began(std::size_t process, const worker::options& o, std::size_t shards) {
  if (processes_.size() <= process) processes_.resize(process + 1);
  conduct& c = processes_[process];
  c.options = o;
  c.shards = shards;
  c.last_obligation = now();
}

void oracle::signalled(std::size_t process, unsigned count) {
  conduct& c = processes_[process];
  c.last_obligation = std::max(c.last_obligation, now());
  if (!c.drained_at) c.drained_at = now();
  if (count >= 2 && !c.pressed_at) c.pressed_at = now();
}

void oracle::quieted(std::size_t process) {
  conduct& c = processes_[process];
  if (!c.quiet_at) c.quiet_at = now();
}

void oracle::cut_off(std::size_t process) {
  processes_[process].is_over = true;
  std::erase_if(running_, [process](const auto& run) { return run->process == process; });
}

void oracle::exited(std::size_t process, const worker::report& r, bool is_clean) {
  conduct& c = processes_[process];
  if (now() > c.gone_at())
    violated(
        6, fmt::format("worker {} ended {} ms after its grace period", process, (now() - c.gone_at()) / 1ms));
  if (is_clean && c.open_polls != 0)
    violated(3, fmt::format("worker {} ended with {} receives open", process, c.open_polls));
  if (is_clean && c.running != 0)
    violated(4, fmt::format("worker {} ended cleanly with {} jobs running", process, c.running));
  if (is_clean && now() > c.last_obligation + promptly)
    violated(6, fmt::format("worker {} had nothing left to do for {} ms before it ended", process,
                            (now() - c.last_obligation) / 1ms));
  for (const auto& run : running_)
    if (run->process == process && run->subject->stopping() == stop_reason::none)
      violated(4, fmt::format("worker {} ended while {} runs, whose job was not told", process,
                              name(run->receipt, run->message)));
  if (r.exit != worker::exit_left_behind)
    check_held_at_exit(process, r);
  else if (plan_.faults.all_is_well() && has_time_at_the_end(c))
    violated(3, fmt::format("worker {} left {} messages behind, with nothing in its way", process,
                            r.left_behind.size()));
  check_books(c, r, is_clean);
  cut_off(process);
}

void oracle::check_held_at_exit(std::size_t process, const worker::report& r) {
  const conduct& c = processes_[process];
  std::uint64_t lost = r.sums.lost;
  for (const lease_record* l : c.leases) {
    if (!l->delivered || l->touched_late || !is_current(l->receipt)) continue;
    const bool ran = l->run != nullptr;
    const bool was_told_of_loss = ran && l->run->told == stop_reason::lease_lost;
    std::chrono::nanoseconds allowed = 0s;
    if (ran && l->run->told == stop_reason::none && l->run->result != outcome::kind::stopped) {
      const job_plan& j = plan_.messages[l->message].job;
      allowed = j.how == job_plan::failure::retried_after
                    ? std::chrono::nanoseconds(3s)
                    : c.options.retry.ceiling(std::max(l->receive_count, 1U) - 1) + 1s;
    }
    if (ran && l->run->told == stop_reason::time_limit)
      allowed = c.options.retry.ceiling(std::max(l->receive_count, 1U) - 1) + 1s;
    if (l->corrupt) allowed = c.options.retry.ceiling(std::max(l->receive_count, 1U) - 1) + 1s;
    // Released so late that a receive of this process, which it could not await, is outlasted.
    if (c.lost_a_poll) allowed = std::max<std::chrono::nanoseconds>(allowed, c.longest_wait + 2s);
    if (truth_->look(l->receipt.serial).due <= now() + allowed && (l->freed_at || l->may_be_released))
      continue;
    // The books say that it was lost, and the service thinks it ours: an answer did not come, or came late.
    const bool can_be_unsure = !plan_.faults.all_is_well();
    if (can_be_unsure && (was_told_of_loss || lost > 0)) {
      if (lost > 0) --lost;
      continue;
    }
    return violated(
        3, fmt::format("worker {} ended with exit code {} and holds {} for another {} ms", process, r.exit,
                       name(l->receipt, l->message), (truth_->look(l->receipt.serial).due - now()) / 1ms));
  }
}

void oracle::check_books(const conduct& c, const worker::report& r, bool is_clean) {
  const worker::totals& t = r.sums;
  const auto want = [&](bool holds, const char* what, std::uint64_t books, std::uint64_t in_truth) {
    if (!holds) violated(9, fmt::format("the books say {}: {}, in truth {}", what, books, in_truth));
  };
  want(t.received == c.delivered, "received", t.received, c.delivered);
  want(t.received == t.deleted + t.released + t.lost + r.left_behind.size(),
       "received is all that became of it", t.received,
       t.deleted + t.released + t.lost + r.left_behind.size());
  want(t.deleted <= c.effective_deletes, "deleted", t.deleted, c.effective_deletes);
  want(t.late <= c.delivered && t.late >= c.late, "late", t.late, c.late);
  const std::uint64_t jobs = t.jobs_done + t.jobs_failed + t.jobs_retried + t.jobs_cut + t.jobs_lost;
  if (is_clean) want(jobs == c.jobs_ended, "jobs", jobs, c.jobs_ended);
  want(t.deleted <= t.jobs_done, "deleted, but not jobs done", t.deleted, t.jobs_done);
}

bool oracle::has_time_at_the_end(const conduct& c) const {
  return c.options.reserve / 8 > 4 * plan_.faults.latency_most + 50ms &&
         c.options.grace - c.options.reserve > 2s;
}

// The service.

void oracle::sent(std::size_t message) {
  was_sent_[message] = true;
  trace_.add(now(), trace::world, trace::kind::service, 0, [&] {
    const message_plan& m = plan_.messages[message];
    return fmt::format("message {} is sent{}", message, m.group.empty() ? "" : " to group " + m.group);
  });
}

void oracle::granted(const poll_ptr& poll, const broker::receipt& r, std::size_t message) {
  trace_.add(now(), poll->process, trace::kind::service, poll->number, [&] {
    return fmt::format("the service leases {} to poll {}{}", name(r, message), poll->number,
                       poll->is_over ? ", which nobody awaits any more" : "");
  });
  for (const auto& run : running_)
    if (run->receipt.serial == r.serial && run->receipt.lease != r.lease &&
        run->subject->stopping() == stop_reason::none)
      violated(5, fmt::format("the lease of {} ended while worker {} works on it and does not know",
                              name(run->receipt, message), run->process));
  const conduct& c = processes_[poll->process];
  const bool in_time = now() <= poll->asked_at + poll->wait + 1s;
  if (is_draining(c) && !c.is_over && in_time) {
    const auto before = leases_.find(key({r.queue_id, r.serial, r.lease - 1}));
    if (before != leases_.end() && before->second.process == poll->process && before->second.freed_at &&
        *before->second.release_sent_at > *c.drained_at && poll->asked_at <= *before->second.freed_at)
      violated(3, fmt::format("worker {} released {} while a receive of its own could still catch it",
                              poll->process, name(before->second.receipt, message)));
  }
  lease_record& l = leases_[key(r)];
  const bool is_new = l.poll == nullptr;
  l.receipt = r;
  l.process = poll->process;
  l.message = message;
  l.poll = poll;
  if (is_new) processes_[poll->process].leases.push_back(&l);
}

void oracle::deleted(std::size_t process, const broker::receipt& r) {
  lease_record& l = leases_.at(key(r));
  trace_.add(now(), process, trace::kind::service, 0,
             [&] { return fmt::format("the service deletes {}", name(r, l.message)); });
  ++processes_[process].effective_deletes;
  if (!l.run || l.run->result != outcome::kind::done)
    violated(2, fmt::format("{} was deleted, and its job has not succeeded", name(r, l.message)));
  was_done_[l.message] = true;
}

void oracle::changed(std::size_t process, const broker::receipt& r, std::chrono::seconds after,
                     bool caller_has_gone) {
  lease_record& l = leases_.at(key(r));
  trace_.add(now(), process, trace::kind::service, 0, [&] {
    return fmt::format("the service hides {} for {} s{}", name(r, l.message), after.count(),
                       caller_has_gone ? ", for a request whose caller has given up" : "");
  });
  if (caller_has_gone) l.touched_late = true;
  if (l.release_sent_at) l.freed_at = now();
}

// The seam.

void oracle::receive_sent(const poll_ptr& poll) {
  conduct& c = processes_[poll->process];
  poll->number = ++numbers_;
  trace_.add(now(), poll->process, trace::kind::poll, poll->number, [&] {
    return fmt::format("poll {}: asks for {}, waits {} s", poll->number, poll->most, poll->wait.count());
  });
  const bool again = !poll->attempt_id.empty() && !c.attempts.insert(poll->attempt_id).second;
  if (is_draining(c) && !(again && poll->wait == 0s))
    violated(3, fmt::format("worker {} receives after it was told to stop", poll->process));
  if (c.quiet_at && now() > *c.quiet_at && !c.drained_at)
    violated(3, fmt::format("worker {} receives after it was told to be quiet", poll->process));
  check_bounds(c, poll->process);
  ++c.open_polls;
  c.asked += static_cast<std::size_t>(poll->most);
  c.longest_wait = std::max(c.longest_wait, poll->wait);
  if (c.asked + c.running > c.options.concurrency * c.shards && !is_draining(c))
    violated(10, fmt::format("worker {} runs {} jobs and asks for {} more, with a concurrency of {}",
                             poll->process, c.running, c.asked, c.options.concurrency * c.shards));
}

void oracle::check_bounds(const conduct& c, std::size_t process) {
  constexpr std::size_t most_in_answer = 10;
  const std::size_t most = c.shards * (2 * c.options.concurrency + 2 * most_in_answer);
  if (c.leases.size() <= most) return;
  const auto is_held = [this](const lease_record* l) {
    return l->delivered && !l->freed_at && is_current(l->receipt);
  };
  const auto held = static_cast<std::size_t>(std::ranges::count_if(c.leases, is_held));
  if (held > most)
    violated(10, fmt::format("worker {} holds {} messages with a concurrency of {}", process, held,
                             c.options.concurrency * c.shards));
}

void oracle::receive_over(const poll_ptr& poll, const result<sqs::receive_answer>& answer) {
  conduct& c = processes_[poll->process];
  poll->is_over = true;
  --c.open_polls;
  c.asked -= static_cast<std::size_t>(poll->most);
  c.last_obligation = std::max(c.last_obligation, now());
  trace_.add(now(), poll->process, trace::kind::poll_end, poll->number, [&]() -> std::string {
    if (!answer) return fmt::format("poll {}: {}", poll->number, answer.error().message);
    std::string text = fmt::format("poll {}: brings {}", poll->number, answer->messages.size());
    for (const message& m : answer->messages)
      text += " #" + m.body;
    for (const message& m : answer->corrupt)
      text += " corrupt #" + m.body;
    return text;
  });
  if (!answer) {
    if (answer.error().kind != error_kind::service) c.lost_a_poll = true;
    if (answer.error().kind == error_kind::cancelled && !c.options.abort_idle_polls &&
        has_time_at_the_end(c) && plan_.faults.all_is_well())
      violated(3, fmt::format("worker {} gives up a receive that would have been answered", poll->process));
    return;
  }
  const auto deliver = [&](const message& m, bool corrupt) {
    lease_record& l = *find(m.receipt_handle);
    l.delivered = true;
    l.delivered_at = now();
    l.corrupt = corrupt;
    l.receive_count = m.receive_count;
    ++c.delivered;
    ++c.held;
    if (is_draining(c)) ++c.late;
  };
  for (const message& m : answer->messages)
    deliver(m, false);
  for (const message& m : answer->corrupt)
    deliver(m, true);
}

void oracle::deletes_sent(std::size_t process, const std::vector<std::string>& handles) {
  for (const std::string& handle : handles) {
    const lease_record* l = find(handle);
    if (l == nullptr || l->process != process || !l->delivered)
      return violated(2, fmt::format("worker {} deletes what it never received", process));
    trace_.add(now(), process, trace::kind::remove, 0,
               [&] { return fmt::format("delete {}", name(l->receipt, l->message)); });
    if (!l->run || l->run->result != outcome::kind::done)
      violated(2, fmt::format("worker {} sends a delete of {}, whose job has not succeeded", process,
                              name(l->receipt, l->message)));
    else if (l->run->told == stop_reason::lease_lost || l->release_sent_at)
      violated(5, fmt::format("worker {} sends a delete of {} after its lease was lost", process,
                              name(l->receipt, l->message)));
    else if (truth_->look(l->receipt.serial).exists && !is_current(l->receipt) && !l->touched_late)
      violated(5, fmt::format("worker {} sends a delete of {}, whose lease has ended", process,
                              name(l->receipt, l->message)));
  }
}

void oracle::changes_sent(std::size_t process, const std::vector<sqs::visibility_change>& changes) {
  const conduct& c = processes_[process];
  for (const sqs::visibility_change& change : changes) {
    lease_record* l = find(change.receipt_handle);
    if (l == nullptr || l->process != process || !l->delivered)
      return violated(3, fmt::format("worker {} changes what it never received", process));
    const bool is_running = l->run && l->run->is_running();
    const bool may_extend = change.visibility == c.options.visibility ||
                            (change.visibility > 0s && c.options.visibility * 2 > longest_visibility);
    trace_.add(now(), process, may_extend ? trace::kind::extend : trace::kind::release, 0, [&] {
      return fmt::format("{} {} to {} s", may_extend ? "extend" : "release", name(l->receipt, l->message),
                         change.visibility.count());
    });
    if (may_extend) {
      const bool may_be_given_up = !is_running || now() >= l->run->subject->stop_deadline();
      l->may_be_released = l->may_be_released || may_be_given_up;
      continue;
    }
    if (!l->release_sent_at) l->release_sent_at = now();
    if (is_running && l->run->subject->stopping() == stop_reason::none)
      violated(4, fmt::format("worker {} releases {}, whose job runs and was not told", process,
                              name(l->receipt, l->message)));
    else if (is_running && !l->run->noticed)
      violated(4, fmt::format("worker {} releases {}, whose job was told and did not notice", process,
                              name(l->receipt, l->message)));
    else if (is_running && now() < l->run->subject->stop_deadline())
      violated(4, fmt::format("worker {} releases {}, whose job was given more time", process,
                              name(l->receipt, l->message)));
    if (is_draining(c) && change.visibility == 0s && c.open_polls != 0 &&
        now() < c.gone_at() - c.options.reserve / 4)
      violated(3, fmt::format("worker {} releases {} while {} of its receives are open", process,
                              name(l->receipt, l->message), c.open_polls));
  }
}

void oracle::call_over(std::size_t process, bool is_answered) {
  conduct& c = processes_[process];
  c.last_obligation = std::max(c.last_obligation, now() + (is_answered ? 0s : longest_pause));
}

// The jobs.

std::shared_ptr<job_record> oracle::job_began(std::size_t process, const job& j) {
  conduct& c = processes_[process];
  lease_record* l = find(j.message().receipt_handle);
  auto run = std::make_shared<job_record>();
  run->process = process;
  run->number = ++numbers_;
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
  const auto where = [&] {
    return fmt::format("worker {} starts {}", run.process, name(l.receipt, l.message));
  };
  if (l.process != run.process || !l.delivered) violated(3, where() + ", which it never received");
  if (l.corrupt) violated(1, where() + ", which does not fit its MD5");
  if (l.run) violated(9, where() + " twice");
  if (l.release_sent_at) violated(4, where() + ", which it has released");
  if (is_draining(c) && l.delivered_at > *c.drained_at)
    violated(3, where() + ", which came after it was told to stop");
  if (c.drained_at && now() > c.cut_at()) violated(4, where() + " when jobs are to be cut");
  if (c.pressed_at && now() > *c.pressed_at) violated(4, where() + " after the second signal");
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

void oracle::check_told(const job_record& run) {
  const conduct& c = processes_[run.process];
  switch (run.subject->stopping()) {
    case stop_reason::draining:
      if (!c.drained_at || (now() < c.cut_at() && !c.pressed_at))
        violated(4, fmt::format("worker {} tells the job of message {} to stop, which had time", run.process,
                                run.message));
      break;
    case stop_reason::lease_lost:
    case stop_reason::time_limit:
    case stop_reason::none:
      break;
  }
}

void oracle::job_noticed(job_record& run) {
  trace_.add(now(), run.process, trace::kind::told, run.number, [&] {
    constexpr const char* why[] = {"nothing", "the drain", "a lost lease", "its time limit"};
    return fmt::format("job of {} is told of {}", name(run.receipt, run.message),
                       why[static_cast<std::size_t>(run.subject->stopping())]);
  });
  check_told(run);
  if (run.subject->stopping() == stop_reason::lease_lost && truth_->look(run.receipt.serial).exists &&
      !is_current(run.receipt))
    violated(5, fmt::format("worker {} tells the job of message {} of its lost lease when it has ended",
                            run.process, run.message));
}

void oracle::job_ended(job_record& run, outcome::kind result) {
  conduct& c = processes_[run.process];
  trace_.add(now(), run.process, trace::kind::job_end, run.number, [&] {
    constexpr const char* how[] = {"is done", "is to be retried", "has failed", "has stopped"};
    return fmt::format("job of {} {}", name(run.receipt, run.message), how[static_cast<std::size_t>(result)]);
  });
  const stop_reason told = run.subject->stopping();
  if (told == stop_reason::none && truth_->look(run.receipt.serial).exists && !is_current(run.receipt))
    violated(5, fmt::format("the lease of {} ended while worker {} worked on it and did not know",
                            name(run.receipt, run.message), run.process));
  run.result = result;
  run.told = told;
  run.stop_deadline = run.subject->stop_deadline();
  run.subject = nullptr;
  run.ended = now();
  --c.running;
  ++c.jobs_ended;
  c.last_obligation = std::max(c.last_obligation, now());
  std::erase_if(running_, [&run](const auto& other) { return other.get() == &run; });
}

// The end.

void oracle::finished(const std::vector<std::size_t>& present) {
  std::vector<bool> is_present(was_sent_.size());
  for (const std::size_t message : present)
    is_present[message] = true;
  for (std::size_t i = 0; i < was_sent_.size(); ++i)
    if (was_sent_[i] && !was_done_[i] && !is_present[i])
      violated(1, fmt::format(
                      "message {} is lost: neither done, nor in the queue, nor in the dead-letter queue", i));
}

oracle::lease_record* oracle::find(const std::string& handle) {
  const auto r = broker::decode_receipt_handle(handle);
  if (!r) return nullptr;
  const auto found = leases_.find(key(*r));
  return found == leases_.end() ? nullptr : &found->second;
}

bool oracle::is_current(const broker::receipt& r) const {
  const lease_state s = truth_->look(r.serial);
  return s.exists && s.lease == r.lease && s.in_flight;
}

}  // namespace lastcall::simulation
