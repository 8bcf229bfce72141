#include "simulation/oracle.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lastcall::simulation {

using namespace std::chrono_literals;

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
  for (const auto& run : running_)
    if (run->process == process && run->subject->stopping() == stop_reason::none) check_untold(*run);
  std::erase_if(running_, [process](const auto& run) { return run->process == process; });
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

lease_record* oracle::find(const std::string& handle) {
  const auto found = by_handle_.find(handle);
  return found == by_handle_.end() ? nullptr : found->second;
}

bool oracle::is_current(const broker::receipt& r) const {
  const lease_state s = truth_->look(r.serial);
  return s.exists && s.lease == r.lease && s.in_flight;
}

}  // namespace lastcall::simulation
