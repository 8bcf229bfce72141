// What a process asks of the service, and what it is answered.

#include "base/backoff.hpp"
#include "simulation/oracle.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lastcall::simulation {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_in_answer = 10;  ///< messages, of a receive
/// For how long a delete waits for company before it is sent, while there is time.
constexpr auto company = 5ms;
/// The pauses between the tries of a settlement.
constexpr backoff between_tries{100ms, 10s};

const sqs::batch_failure* failure_of(std::size_t entry, const oracle::batch_answer& answer) {
  const auto found = std::ranges::find(*answer, entry, &sqs::batch_failure::index);
  return found == answer->end() ? nullptr : &*found;
}

/// An idle worker is to be gone in time, with a second to spare; and what comes at the end of the wait is to
/// have half of its lease left.
std::chrono::seconds longest_wait(const worker::options& o) {
  const auto room = std::chrono::floor<std::chrono::seconds>(o.grace - o.reserve - 1s);
  return std::max(std::min({room, o.wait, o.visibility / 2}), 0s);
}

}  // namespace

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
  if (poll->wait > longest_wait(c.options))
    violated(
        6, fmt::format("worker {} asks for a wait of {} s, which its grace period or its leases do not allow",
                       poll->process, poll->wait.count()));
  check_bounds(c, poll->process);
  ++c.open_polls;
  c.asked += static_cast<std::size_t>(poll->most);
  c.longest_wait = std::max(c.longest_wait, poll->wait);
  if (c.asked + c.running > c.options.concurrency * c.shards && !is_draining(c))
    violated(10, fmt::format("worker {} runs {} jobs and asks for {} more, with a concurrency of {}",
                             poll->process, c.running, c.asked, c.options.concurrency * c.shards));
}

/// When as many messages are being settled as may run, and ten more, no more are asked for; and what is asked
/// for and what runs is bounded by the concurrency.
void oracle::check_bounds(conduct& c, std::size_t process) {
  const std::size_t most = c.shards * (2 * c.options.concurrency + most_in_answer - 1);
  if (c.holding.size() <= most) return;
  const auto is_settled = [this](const lease_record* l) {
    return l->deleted || l->deleted_perhaps || l->released || l->released_perhaps ||
           l->provable.may_be_lost(now());
  };
  std::erase_if(c.holding, is_settled);
  if (c.holding.size() > most)
    violated(10, fmt::format("worker {} holds {} messages with a concurrency of {}, and asks for more",
                             process, c.holding.size(), c.options.concurrency * c.shards));
}

void oracle::receive_over(const poll_ptr& poll, const result<sqs::receive_answer>& answer) {
  conduct& c = processes_[poll->process];
  poll->is_over = true;
  --c.open_polls;
  c.asked -= static_cast<std::size_t>(poll->most);
  c.last_obligation = std::max(c.last_obligation, now());
  trace_.add(
      now(), poll->process, trace::kind::poll_end, poll->number,
      [&]() -> std::string {
        if (!answer) return fmt::format("poll {}: {}", poll->number, answer.error().message);
        std::string text = fmt::format("poll {}: brings {}", poll->number, answer->messages.size());
        for (const message& m : answer->messages)
          text += " #" + m.body;
        for (const message& m : answer->corrupt)
          text += " corrupt #" + m.body;
        return text;
      },
      answer ? static_cast<std::int64_t>(answer->messages.size() + answer->corrupt.size()) : -1);
  if (!answer) {
    if (answer.error().kind != error_kind::service) c.lost_a_poll = true;
    const bool may_give_up = c.drained_at && (c.options.abort_idle_polls || now() >= c.give_up_at());
    if (answer.error().kind == error_kind::cancelled && !may_give_up)
      violated(3, fmt::format("worker {} gives up a receive that may still be answered", poll->process));
    return;
  }
  for (const message& m : answer->messages)
    deliver(c, poll, m, false);
  for (const message& m : answer->corrupt)
    deliver(c, poll, m, true);
}

void oracle::deliver(conduct& c, const poll_ptr& poll, const message& m, bool corrupt) {
  lease_record& l = leases_.at(key(*broker::decode_receipt_handle(m.receipt_handle)));
  by_handle_[m.receipt_handle] = &l;
  l.delivered = true;
  l.delivered_at = now();
  l.provable = provable_lease(poll->asked_at, c.options.visibility);
  l.corrupt = corrupt;
  l.receive_count = m.receive_count;
  l.message_id = m.id;
  l.number = ++numbers_;
  trace_.add(
      now(), poll->process, trace::kind::held, l.number, [&] { return name(l) + " comes"; },
      static_cast<std::int64_t>(l.message));
  c.holding.push_back(&l);
  ++c.delivered;
  if (is_draining(c)) ++c.late;
  if (c.drained_at && now() == *c.drained_at) ++c.late_perhaps;
}

void oracle::deletes_sent(std::size_t process, const std::vector<std::string>& handles) {
  for (const std::string& handle : handles) {
    lease_record* l = find(handle);
    if (l == nullptr || l->process != process)
      return violated(2, fmt::format("worker {} deletes what it never received", process));
    ++l->open_requests;
    l->asked = true;
    l->delete_sent = true;
    trace_.add(now(), process, trace::kind::remove, l->number,
               [&] { return fmt::format("delete {}", name(*l)); });
    if (!l->run || l->run->result != outcome::kind::done)
      violated(2,
               fmt::format("worker {} sends a delete of {}, whose job has not succeeded", process, name(*l)));
    else if (l->run->told == stop_reason::lease_lost || l->release_sent_at ||
             l->provable.must_be_lost(now() - company))
      violated(5, fmt::format("worker {} sends a delete of {} after its lease was lost", process, name(*l)));
  }
}

void oracle::deletes_over(std::size_t process, const std::vector<std::string>& handles,
                          const batch_answer& answer) {
  conduct& c = processes_[process];
  c.last_obligation = std::max(c.last_obligation, now());
  for (std::size_t i = 0; i < handles.size(); ++i) {
    lease_record& l = *find(handles[i]);
    --l.open_requests;
    const sqs::batch_failure* failure = answer ? failure_of(i, answer) : nullptr;
    if (!answer || (failure != nullptr && !failure->sender_fault))
      failed(c, l);
    else if (failure != nullptr)
      l.provable.refused(now());
    else if (!l.provable.must_be_lost(now()))
      settled(l, l.provable.may_be_lost(now()) ? l.deleted_perhaps : l.deleted);
  }
}

void oracle::settled(lease_record& l, bool& how) {
  how = true;
  trace_.add(now(), l.process, trace::kind::answer, l.number, [&] { return name(l) + " is answered for"; });
}

void oracle::failed(conduct& c, lease_record& l) {
  l.failed_at = now();
  ++l.failed_settlements;
  std::chrono::nanoseconds pause = between_tries.ceiling(l.failed_settlements - 1);
  if (c.drained_at) pause = std::min<std::chrono::nanoseconds>(pause, (c.end_at() - now()) / 2);
  c.last_obligation = std::max(c.last_obligation, now() + pause);
}

void oracle::changes_sent(std::size_t process, const std::vector<sqs::visibility_change>& changes) {
  for (const sqs::visibility_change& change : changes) {
    lease_record* l = find(change.receipt_handle);
    if (l == nullptr || l->process != process)
      return violated(3, fmt::format("worker {} changes what it never received", process));
    ++l->open_requests;
    l->asked = true;
    const bool extends = change.visibility == l->provable.length_to_ask(now());
    trace_.add(now(), process, extends ? trace::kind::extend : trace::kind::release, l->number, [&] {
      return fmt::format("{} {} to {} s", extends ? "extend" : "release", name(*l),
                         change.visibility.count());
    });
    l->may_be_released = !extends || may_release(*l);
    if (extends)
      check_extension(process, *l);
    else
      check_release(process, *l, change.visibility);
    if (!extends && !l->release_sent_at) l->release_sent_at = now();
  }
}

/// Whether what looks like an extension can be a release that happens to ask for the same time.
bool oracle::may_release(const lease_record& l) const {
  if (l.is_running()) return now() >= l.run->subject->stop_deadline();
  return !l.run || l.run->result != outcome::kind::done;
}

void oracle::check_extension(std::size_t process, const lease_record& l) {
  if (!l.may_be_released && l.provable.is_over(now()))
    violated(5, fmt::format("worker {} extends {}, whose lease is lost", process, name(l)));
}

void oracle::check_release(std::size_t process, const lease_record& l, std::chrono::seconds after) {
  const conduct& c = processes_[process];
  const bool is_running = l.is_running();
  const stop_reason told = !l.run ? stop_reason::none : is_running ? l.run->subject->stopping() : l.run->told;
  if (told == stop_reason::lease_lost)
    violated(
        5, fmt::format("worker {} releases {}, whose job was told that its lease is lost", process, name(l)));
  else if (is_running && told == stop_reason::none)
    violated(4, fmt::format("worker {} releases {}, whose job runs and was not told", process, name(l)));
  else if (is_running && !l.run->noticed)
    violated(4,
             fmt::format("worker {} releases {}, whose job was told and did not notice", process, name(l)));
  else if (is_running && now() < l.run->subject->stop_deadline())
    violated(4, fmt::format("worker {} releases {}, whose job was given more time", process, name(l)));
  if (is_draining(c) && after == 0s && c.open_polls != 0 && now() < c.give_up_at())
    violated(3, fmt::format("worker {} releases {} while {} of its receives are open", process, name(l),
                            c.open_polls));
}

void oracle::changes_over(std::size_t process, const std::vector<sqs::visibility_change>& changes,
                          steady_time sent_at, const batch_answer& answer) {
  conduct& c = processes_[process];
  c.last_obligation = std::max(c.last_obligation, now());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    lease_record& l = *find(changes[i].receipt_handle);
    --l.open_requests;
    const bool extends = changes[i].visibility == l.provable.length_to_ask(sent_at);
    const sqs::batch_failure* failure = answer ? failure_of(i, answer) : nullptr;
    if (!answer || (failure != nullptr && !failure->sender_fault)) {
      l.failed_at = now();
      if (l.may_be_released) failed(c, l);
    } else if (failure != nullptr) {
      // Once a delete is sent it may be that what the extension has found is a deleted message.
      if (!l.delete_sent) l.provable.refused(now());
    } else {
      // In the very instant of the loss the holder may have counted it as lost before.
      if (extends && l.provable.confirmed(sent_at, changes[i].visibility, now()) &&
          !l.provable.may_be_lost(now()))
        l.asked = false;
      if (l.may_be_released) settled(l, extends ? l.released_perhaps : l.released);
    }
  }
}

}  // namespace lastcall::simulation
