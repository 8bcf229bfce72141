#include "broker/long_polls.hpp"

#include <algorithm>
#include <cassert>

namespace lastcall::broker {

answer<receive_message_result> long_polls::poll::take() {
  assert(is_answered());
  answer<receive_outcome> outcome = std::move(*result_);
  if (outcome.has_error()) return outcome.error();
  return std::move(outcome->result);
}

long_polls::ticket long_polls::receive(const call& caller, receive_message_request request,
                                       std::function<void()> on_answer) {
  auto made = std::make_shared<poll>();
  auto outcome = engine_.receive(caller, request);
  if (outcome.has_error() || !outcome->result.messages.empty() ||
      outcome->wait == std::chrono::seconds::zero()) {
    made->result_ = std::move(outcome);
    return made;
  }
  made->caller_ = caller;
  made->request_ = std::move(request);
  made->on_answer_ = std::move(on_answer);
  made->deadline_ = caller.now.steady + outcome->wait;
  made->queue_id_ = outcome->queue_id;
  made->number_ = ++polls_made_;
  queue_of_polls& waiting = queues_[made->queue_id_];
  made->place_ = waiting.polls.insert(waiting.polls.end(), made);
  deadlines_.emplace(poll_time(made->deadline_, made->number_), made);
  wake_at(made->queue_id_, waiting, engine_.next_event(made->queue_id_));
  return made;
}

void long_polls::abandon(const ticket& t, moment now) {
  t->on_answer_ = nullptr;
  if (options_.abandoned_polls_lease) return;
  if (!t->is_answered()) {
    remove(queues_.at(t->queue_id_), *t);
    release_if_empty(t->queue_id_);
  } else if (t->result_->has_value()) {
    engine_.give_back(**t->result_, now);
  }
}

void long_polls::settle(moment now) {
  engine_.advance(now);
  while (!wakes_.empty() && wakes_.begin()->first <= now.steady) {
    const std::uint64_t queue_id = wakes_.begin()->second;
    serve(queue_id, now);
  }
  // Serving changes queues in turn: a receive can move dead letters into a queue that others wait for. No message
  // goes through more queues than there are, but where queues are one another's dead-letter queue, round and round.
  std::vector<std::uint64_t> changed = engine_.take_changed();
  for (std::size_t round = 0; !changed.empty() && round <= engine_.queues().all().size(); ++round) {
    for (const std::uint64_t queue_id : changed)
      serve(queue_id, now);
    changed = engine_.take_changed();
  }
  while (!deadlines_.empty() && deadlines_.begin()->first.first <= now.steady) {
    const ticket late = deadlines_.begin()->second;
    remove(queues_.at(late->queue_id_), *late);
    release_if_empty(late->queue_id_);
    if (!try_answer(*late, now)) late->result_ = receive_outcome{};
    if (late->on_answer_) late->on_answer_();
  }
}

steady_time long_polls::next_event() const noexcept {
  steady_time when = engine_.next_task_event();
  if (!wakes_.empty()) when = std::min(when, wakes_.begin()->first);
  if (!deadlines_.empty()) when = std::min(when, deadlines_.begin()->first.first);
  return when;
}

bool long_polls::try_answer(poll& p, moment now) {
  p.caller_.now = now;
  auto outcome = engine_.receive(p.caller_, p.request_);
  if (outcome.has_value() && outcome->result.messages.empty()) return false;
  p.result_ = std::move(outcome);
  return true;
}

void long_polls::serve(std::uint64_t queue_id, moment now) {
  const auto found = queues_.find(queue_id);
  if (found == queues_.end()) return;
  queue_of_polls& waiting = found->second;
  while (!waiting.polls.empty()) {
    const ticket oldest = waiting.polls.front();
    if (!try_answer(*oldest, now)) break;
    remove(waiting, *oldest);
    if (oldest->on_answer_) oldest->on_answer_();
  }
  wake_at(queue_id, waiting, engine_.next_event(queue_id));
  release_if_empty(queue_id);
}

void long_polls::remove(queue_of_polls& waiting, poll& p) {
  deadlines_.erase({p.deadline_, p.number_});
  waiting.polls.erase(p.place_);
}

void long_polls::release_if_empty(std::uint64_t queue_id) {
  const auto found = queues_.find(queue_id);
  if (!found->second.polls.empty()) return;
  wake_at(queue_id, found->second, steady_time::max());
  queues_.erase(found);
}

void long_polls::wake_at(std::uint64_t queue_id, queue_of_polls& waiting, steady_time when) {
  if (waiting.wakes == when) return;
  wakes_.erase({waiting.wakes, queue_id});
  waiting.wakes = when;
  if (when != steady_time::max()) wakes_.emplace(when, queue_id);
}

}  // namespace lastcall::broker
