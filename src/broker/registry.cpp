#include "broker/registry.hpp"

#include <utility>

namespace lastcall::broker {

answer<queue*> registry::find(const call& caller, std::string_view queue_url) {
  const std::optional<queue_address> address = parse_queue_url(queue_url, caller);
  queue* found = address ? find(*address) : nullptr;
  if (found == nullptr) return faults::queue_does_not_exist();
  found->advance(caller.now.steady);
  return found;
}

queue* registry::find(const queue_address& address) noexcept {
  const auto found = queues_.find(address);
  return found == queues_.end() ? nullptr : found->second.get();
}

queue* registry::find(std::uint64_t id) noexcept {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

queue* registry::find_arn(std::string_view arn) noexcept {
  const std::optional<queue_address> address = parse_arn(arn);
  return address ? find(*address) : nullptr;
}

queue& registry::create(queue_address address, queue_settings settings, moment now) {
  deleted_.erase(address);
  queue& created = add(std::make_unique<queue>(++last_id_, std::move(address), std::move(settings), now));
  if (is_recording_) created.record_changes(unsaved_, true);
  return created;
}

queue& registry::add(std::unique_ptr<queue> made) {
  queue& added = *made;
  by_id_.emplace(added.id(), &added);
  queues_.emplace(added.address(), std::move(made));
  return added;
}

void registry::remove(queue& q, moment now) {
  touch(q);
  deleted_[q.address()] = now.steady;
  if (is_recording_) removed_.push_back({q.id(), q.address(), now.wall});
  by_id_.erase(q.id());
  const queue_address address = q.address();
  queues_.erase(address);
}

void registry::clear() {
  for (auto& [address, q] : queues_)
    touch(*q);
  by_id_.clear();
  queues_.clear();
  deleted_.clear();
  unsaved_.clear();
  removed_.clear();
  is_reset_ = is_recording_;
}

void registry::record_changes() {
  is_recording_ = true;
  for (auto& [address, q] : queues_)
    q->record_changes(unsaved_, false);
}

void registry::take_changes(change_set& into, moment now) {
  into.is_reset = std::exchange(is_reset_, false);
  into.last_queue_id = last_id_;
  into.deleted = std::exchange(removed_, {});
  for (const std::uint64_t id : std::exchange(unsaved_, {}))
    if (queue* q = find(id)) q->take_changes(into, now);
}

void registry::forget() noexcept {
  is_recording_ = false;
  clear();
}

queue& registry::restore(saved_queue&& saved, moment now) {
  auto settings = settings_for_new_queue(saved.attributes);
  auto made = std::make_unique<queue>(saved.id, saved.address, std::move(settings).value(), now);
  made->restore(std::move(saved), now);
  queue& restored = add(std::move(made));
  touch(restored);
  return restored;
}

void registry::restore(const saved_deletion& saved, moment now) {
  deleted_[saved.address] = steady_of(saved.when, now);
}

bool registry::deleted_recently(const queue_address& address, steady_time now) {
  std::erase_if(deleted_, [&](const auto& entry) { return entry.second + std::chrono::seconds(60) <= now; });
  return deleted_.contains(address);
}

std::vector<queue*> registry::list(const std::string& account, const std::string& region,
                                   std::string_view prefix) const {
  std::vector<queue*> listed;
  for (auto at = queues_.lower_bound({account, region, std::string(prefix)}); at != queues_.end(); ++at) {
    const queue_address& address = at->first;
    if (address.account != account || address.region != region || !address.name.starts_with(prefix)) break;
    listed.push_back(at->second.get());
  }
  return listed;
}

void registry::touch(queue& q) {
  if (!std::exchange(q.listed_as_changed, true)) changed_.push_back(q.id());
}

std::vector<std::uint64_t> registry::take_changed() {
  for (const std::uint64_t id : changed_)
    if (queue* q = find(id)) q->listed_as_changed = false;
  return std::exchange(changed_, {});
}

}  // namespace lastcall::broker
