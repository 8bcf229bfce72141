#include "broker/deduplication.hpp"

#include <algorithm>
#include <cassert>

namespace lastcall::broker {

std::string deduplication::key(std::string_view group, std::string_view deduplication_id) {
  std::string key(group);
  key += '\n';  // neither a group's name nor an id can hold it
  key += deduplication_id;
  return key;
}

const deduplication::accepted* deduplication::find(const std::string& key, steady_time now) {
  forget_expired(now);
  const auto found = accepted_.find(key);
  return found == accepted_.end() ? nullptr : &found->second;
}

void deduplication::remember(std::string key, accepted what, steady_time now) {
  forget_expired(now);
  const bool added = accepted_.emplace(key, std::move(what)).second;
  assert(added && "a duplicate was accepted");
  static_cast<void>(added);
  expiries_.push_back({now + interval, std::move(key)});
  ++untold_;
}

void deduplication::restore(std::string key, accepted what, steady_time forgotten) {
  accepted_.emplace(key, std::move(what));
  expiries_.push_back({forgotten, std::move(key)});
}

void deduplication::clear() noexcept {
  accepted_.clear();
  expiries_.clear();
  untold_ = 0;
}

void deduplication::forget_expired(steady_time now) {
  while (!expiries_.empty() && expiries_.front().when <= now) {
    accepted_.erase(expiries_.front().key);
    expiries_.pop_front();
  }
  untold_ = std::min(untold_, expiries_.size());
}

}  // namespace lastcall::broker
