#include "broker/queue.hpp"

#include <algorithm>

/// How a queue is written down and made again.
namespace lastcall::broker {
namespace {

using kind = queue_changes::kind;

/// The clock on the wall may have been set back since: nothing waits for longer than it could have when it
/// was saved.
constexpr std::chrono::seconds longest_delay{900};

steady_time at_most(steady_time t, steady_time most) { return std::min(t, most); }

/// What one receive leased is due at one time, in the order of the places.
struct by_due_and_place {
  bool operator()(const stored_message& a, const stored_message& b) const noexcept {
    return a.due != b.due ? a.due < b.due : a.place < b.place;
  }
};

text_map attributes_to_save(const queue_settings& s) {
  text_map all = attributes_of(s);
  all.emplace("KmsDataKeyReusePeriodSeconds",
              std::to_string(s.kms_key_reuse.count()));  // shown with a key only
  return all;
}

}  // namespace

void queue::record_changes(std::vector<std::uint64_t>& unsaved, bool is_new) {
  changes_ = std::make_unique<queue_changes>(id_, last_serial_, unsaved);
  if (is_new) changes_->note_settings();
}

void queue::note(const stored_message& m, kind what) {
  if (changes_) changes_->note(m.serial, what);
}

void queue::take_changes(change_set& into, moment now) {
  if (changes_->settings)
    into.queues.push_back({id_, address_, attributes_to_save(settings_), tags_, created, modified,
                           purged_ ? std::optional(wall_of(*purged_, now)) : std::nullopt, last_serial_});
  else if (changes_->told_serial != last_serial_)
    into.last_serials.push_back({id_, last_serial_});
  if (changes_->cleared) into.cleared.push_back(id_);
  for (const auto& [serial, what] : changes_->messages) {
    if (what == kind::removed)
      into.removed.push_back({id_, serial});
    else if (what == kind::added)
      into.added.push_back(saved(*find(serial), now));
    else
      into.changed.push_back(state_of(*find(serial), now));
  }
  deduplication.tell_new([&](const std::string& key, const deduplication::accepted& a, steady_time when) {
    into.accepted.push_back({id_, key, a.message_id, a.serial, wall_of(when, now)});
  });
  attempts.tell_new([&](const std::string& id, const auto& given, steady_time when) {
    saved_attempt attempt{id_, id, {}, wall_of(when, now)};
    for (const auto& [serial, lease] : given)
      attempt.messages.push_back({serial, lease});
    into.attempts.push_back(std::move(attempt));
  });
  changes_->told(last_serial_);
}

saved_state queue::state_of(const stored_message& m, moment now) const {
  saved_state s;
  s.queue_id = id_;
  s.serial = m.serial;
  s.where = m.where;
  s.place = m.place;
  if (m.where != state::available) s.due = wall_of(m.due, now);
  if (m.lease != 0) s.leased_at = wall_of(m.leased_at, now);
  s.first_received_at = m.first_received_at;
  s.receive_count = m.receive_count;
  s.lease = m.lease;
  s.visibility_changed = m.visibility_changed;
  return s;
}

saved_message queue::saved(const stored_message& m, moment now) const {
  saved_message s;
  s.state = state_of(m, now);
  s.id = std::string_view(m.id);
  s.body = m.body;
  s.md5_of_body = std::string_view(m.md5_of_body);
  s.sender_id = *m.sender_id;
  s.group_id = m.group_id;
  if (m.extras) s.extras = *m.extras;
  s.sent_at = m.sent_at;
  s.enqueued = wall_of(m.enqueued, now);
  return s;
}

void queue::restore(saved_queue&& s, moment now) {
  created = s.created;
  modified = s.modified;
  tags_ = std::move(s.tags);
  if (s.purged) purged_ = at_most(steady_of(*s.purged, now), now.steady);
  last_serial_ = s.last_serial;
}

void queue::restore(saved_message&& s, const std::string& sender_id, moment now) {
  auto made = std::make_unique<stored_message>();
  stored_message& m = *made;
  m.id = std::string_view(s.id);
  m.body = std::move(s.body);
  m.md5_of_body = std::string_view(s.md5_of_body);
  m.sender_id = &sender_id;
  m.group_id = std::move(s.group_id);
  const message_extras& x = s.extras;
  if (!x.attributes.empty() || !x.trace_header.empty() || !x.deduplication_id.empty() ||
      !x.dead_letter_source_arn.empty())
    m.extras = std::make_unique<message_extras>(std::move(s.extras));
  m.sent_at = s.sent_at;
  m.enqueued = at_most(steady_of(s.enqueued, now), now.steady);
  m.serial = s.state.serial;
  m.place = s.state.place;
  m.leased_at = at_most(steady_of(s.state.leased_at, now), now.steady);
  m.first_received_at = s.state.first_received_at;
  m.receive_count = s.state.receive_count;
  m.lease = s.state.lease;
  m.visibility_changed = s.state.visibility_changed;
  m.group = &group_of(m.group_id);
  ++m.group->size;
  by_age_.insert(by_age_.end(), m);
  last_place_ = std::max(last_place_, m.place);
  last_serial_ = std::max(last_serial_, m.serial);
  messages_.emplace(m.serial, std::move(made));
  const steady_time due = steady_of(s.state.due, now);
  if (s.state.where == state::available) {
    make_available(m);
  } else {
    const auto longest = s.state.where == state::delayed ? longest_delay : visibility_limit;
    make_due(m, s.state.where, at_most(due, now.steady + longest));
    due_.erase(due_.iterator_to(m));
    due_.insert_before(due_.upper_bound(m, by_due_and_place{}), m);
  }
  unlist(*m.group);  // what is in flight comes in no order
  list(*m.group);
}

void queue::restore(saved_acceptance&& s, moment now) {
  const steady_time forgotten = at_most(steady_of(s.forgotten, now), now.steady + deduplication::interval);
  deduplication.restore(std::move(s.key), {std::move(s.message_id), s.serial}, forgotten);
}

void queue::restore(saved_attempt&& s, moment now) {
  std::vector<receive_attempts::given> given;
  for (const auto& [serial, lease] : s.messages)
    given.push_back({serial, lease});
  const steady_time forgotten = at_most(steady_of(s.forgotten, now), now.steady + receive_attempts::interval);
  attempts.restore(std::move(s.id), std::move(given), forgotten);
}

}  // namespace lastcall::broker
