#include "broker/queue.hpp"

#include <algorithm>
#include <cassert>

namespace lastcall::broker {

queue::queue(std::uint64_t id, queue_address address, queue_settings settings, moment now)
    : created(now.wall),
      modified(now.wall),
      id_(id),
      address_(std::move(address)),
      arn_(to_arn(address_)),
      settings_(std::move(settings)) {}

queue::~queue() { drop_all(); }

void queue::change_settings(queue_settings settings, moment now) {
  const bool new_delay = settings.fifo && settings.delay != settings_.delay;
  settings_ = std::move(settings);
  modified = now.wall;
  if (changes_) changes_->note_settings();
  if (!new_delay) return;
  std::vector<stored_message*> waiting;
  for (stored_message& m : due_)
    if (m.where == state::delayed) waiting.push_back(&m);
  for (stored_message* m : waiting) {
    due_.erase(due_.iterator_to(*m));
    m->due = m->enqueued + settings_.delay;
    due_.insert(due_.end(), *m);
    note(*m, queue_changes::kind::changed);
  }
  advance(now.steady);
}

void queue::change_tags(text_map tags) {
  tags_ = std::move(tags);
  if (changes_) changes_->note_settings();
}

void queue::advance(steady_time now) {
  while (!due_.empty() && due_.begin()->due <= now) {
    stored_message& m = *due_.begin();
    leave(m);
    if (!is_fifo()) m.place = ++last_place_;
    make_available(m);
  }
  while (!by_age_.empty() && by_age_.begin()->enqueued + settings_.retention <= now)
    take(*by_age_.begin());
}

steady_time queue::next_event() const noexcept {
  steady_time when = due_.empty() ? steady_time::max() : due_.begin()->due;
  // The end of a message's life can unlock its group.
  if (is_fifo() && in_flight_ != 0) when = std::min(when, by_age_.begin()->enqueued + settings_.retention);
  return when;
}

stored_message& queue::put(std::unique_ptr<stored_message> arrived, steady_time now,
                           std::chrono::seconds delay, std::uint64_t scatter) {
  stored_message& m = *arrived;
  m.serial = ++last_serial_;
  m.lease = 0;
  m.place = is_fifo() ? m.serial : ++last_place_ + scatter;
  m.group = &group_of(m.group_id);
  ++m.group->size;
  by_age_.insert(by_age_.end(), m);
  messages_.emplace(m.serial, std::move(arrived));
  note(m, queue_changes::kind::added);
  if (delay > std::chrono::seconds::zero())
    make_due(m, state::delayed, now + delay);
  else
    make_available(m);
  return m;
}

std::vector<stored_message*> queue::receive(moment now, std::chrono::seconds visibility, std::size_t max,
                                            std::uint32_t max_receive_count,
                                            std::vector<std::unique_ptr<stored_message>>& dead) {
  std::vector<stored_message*> received;
  received.reserve(std::min(max, size()));
  while (received.size() < max) {
    message_group* group = next_group();
    if (group == nullptr) break;
    unlist(*group);
    do {
      stored_message& m = *group->available.begin();
      if (m.receive_count >= max_receive_count) {
        dead.push_back(detach(m));
        continue;
      }
      lease(m, now, visibility);
      received.push_back(&m);
    } while (is_fifo() && group->in_flight != 0 && !group->available.empty() && received.size() < max);
    list(*group);
    drop_if_empty(*group);
  }
  return received;
}

stored_message* queue::find(const receipt& r) noexcept {
  assert(r.queue_id == id_);
  return find(r.serial);
}

stored_message* queue::find(std::uint64_t serial) noexcept {
  const auto found = messages_.find(serial);
  return found == messages_.end() ? nullptr : found->second.get();
}

stored_message* queue::first_available() noexcept {
  return ready_.empty() ? nullptr : &*ready_.begin()->available.begin();
}

std::vector<const stored_message*> queue::oldest(std::size_t max) const {
  std::vector<const stored_message*> found;
  for (auto at = by_age_.begin(); at != by_age_.end() && found.size() < max; ++at)
    found.push_back(&*at);
  return found;
}

std::unique_ptr<stored_message> queue::take(stored_message& m) {
  message_group& group = *m.group;
  unlist(group);
  std::unique_ptr<stored_message> taken = detach(m);
  list(group);
  drop_if_empty(group);
  return taken;
}

void queue::hide(stored_message& m, steady_time now, std::chrono::seconds visibility) {
  assert(m.where != state::delayed);
  message_group& group = *m.group;
  unlist(group);
  leave(m);
  if (visibility > std::chrono::seconds::zero()) {
    make_due(m, state::in_flight, now + visibility);
  } else {
    if (!is_fifo()) m.place = ++last_place_;
    make_available(m);
  }
  unlist(group);
  list(group);
}

void queue::give_back(stored_message& m) {
  assert(m.where == state::in_flight && m.receive_count > 0);
  leave(m);
  --m.receive_count;
  if (m.receive_count == 0) m.first_received_at = {};
  make_available(m);  // at its old place
}

void queue::purge(steady_time now) {
  drop_all();
  deduplication.clear();
  attempts.clear();
  purged_ = now;
  if (!changes_) return;
  changes_->note_cleared();
  changes_->note_settings();
}

void queue::drop_all() noexcept {
  ready_.clear();
  due_.clear();
  by_age_.clear();
  for (auto& [id, group] : groups_)
    group.available.clear();
  groups_.clear();
  messages_.clear();
  delayed_ = 0;
  in_flight_ = 0;
}

std::chrono::nanoseconds queue::oldest_age(steady_time now) const noexcept {
  return by_age_.empty() ? std::chrono::nanoseconds::zero() : now - by_age_.begin()->enqueued;
}

/// Fair queues: tenants that take more than a tenth of what is in flight, and have 30 or more in flight, come
/// after the others ("How Amazon SQS fair queues work"). At most nine can be so at a time, so the search is
/// short.
message_group* queue::next_group() noexcept {
  for (message_group& group : ready_)
    if (!is_noisy(group)) return &group;
  return ready_.empty() ? nullptr : &*ready_.begin();
}

bool queue::is_noisy(const message_group& group) const noexcept {
  constexpr std::size_t least = 30;
  if (is_fifo() || group.in_flight < least) return false;
  if (group.id->empty()) return false;  // each message without a group is a tenant of its own
  return group.in_flight * 10 > in_flight_;
}

void queue::lease(stored_message& m, moment now, std::chrono::seconds visibility) {
  leave(m);
  ++m.lease;
  m.visibility_changed = false;
  ++m.receive_count;
  m.leased_at = now.steady;
  if (m.first_received_at == wall_time{}) m.first_received_at = now.wall;
  make_due(m, state::in_flight, now.steady + visibility);
}

void queue::make_available(stored_message& m) {
  message_group& group = *m.group;
  m.where = state::available;
  note(m, queue_changes::kind::changed);
  if (group.is_linked() &&
      group.available.rbegin()->place <= m.place) {  // most sends: the group's first stays
    group.available.insert(group.available.end(), m);
    return;
  }
  unlist(group);
  group.available.insert(group.available.end(), m);
  list(group);
}

void queue::make_due(stored_message& m, state where, steady_time when) {
  assert(where != state::available);
  m.where = where;
  m.due = when;
  note(m, queue_changes::kind::changed);
  due_.insert(due_.end(), m);
  if (where == state::delayed) {
    ++delayed_;
  } else {
    ++in_flight_;
    ++m.group->in_flight;
  }
}

/// Out of the order that the message waits in.
void queue::leave(stored_message& m) {
  switch (m.where) {
    case state::available:
      unlist(*m.group);
      m.group->available.erase(m.group->available.iterator_to(m));
      break;
    case state::delayed:
      due_.erase(due_.iterator_to(m));
      --delayed_;
      break;
    case state::in_flight:
      due_.erase(due_.iterator_to(m));
      --in_flight_;
      --m.group->in_flight;
      break;
  }
}

/// A group can be received from when it has something available and, on a FIFO queue, nothing in flight.
void queue::list(message_group& group) {
  assert(!group.is_linked());
  if (group.available.empty() || (is_fifo() && group.in_flight != 0)) return;
  ready_.insert(ready_.end(), group);
}

/// Before a group's first message changes: the order of `ready_` hangs on it.
void queue::unlist(message_group& group) {
  if (group.is_linked()) ready_.erase(ready_.iterator_to(group));
}

message_group& queue::group_of(const std::string& id) {
  const auto [found, added] = groups_.try_emplace(id);
  if (added) found->second.id = &found->first;
  return found->second;
}

void queue::drop_if_empty(message_group& group) {
  if (group.size != 0) return;
  unlist(group);
  groups_.erase(groups_.find(*group.id));
}

/// Out of the queue, except that its group stays, even when it is empty now, and is not listed again.
std::unique_ptr<stored_message> queue::detach(stored_message& m) {
  leave(m);
  note(m, queue_changes::kind::removed);
  by_age_.erase(by_age_.iterator_to(m));
  --m.group->size;
  m.group = nullptr;
  auto node = messages_.extract(m.serial);
  return std::move(node.mapped());
}

}  // namespace lastcall::broker
