#include "worker/accounts.hpp"

#include <algorithm>
#include <cassert>

namespace lastcall::worker {

void accounts::received(std::uint64_t held, std::string_view message_id, steady_time lease_ends, bool late) {
  const std::lock_guard lock(mutex_);
  const bool added = held_.try_emplace(held, holding{std::string(message_id), {}, lease_ends}).second;
  assert(added && "a message is entered in the books once");
  static_cast<void>(added);
  ++sums_.received;
  if (late) ++sums_.late;
}

void accounts::extended(std::uint64_t held, steady_time lease_ends) {
  const std::lock_guard lock(mutex_);
  ++sums_.extended;
  if (const auto entry = held_.find(held); entry != held_.end()) entry->second.visible_at = lease_ends;
}

void accounts::note(std::uint64_t held, std::string_view why) {
  const std::lock_guard lock(mutex_);
  if (const auto entry = held_.find(held); entry != held_.end()) entry->second.why = why;
}

void accounts::deleted(std::uint64_t held) { settle(held, &totals::deleted); }
void accounts::released(std::uint64_t held) { settle(held, &totals::released); }
void accounts::lost(std::uint64_t held) { settle(held, &totals::lost); }

void accounts::settle(std::uint64_t held, std::uint64_t totals::* sum) {
  const std::lock_guard lock(mutex_);
  const auto removed = held_.erase(held);
  assert(removed == 1 && "a message leaves the books once");
  sums_.*sum += removed;
}

void accounts::receive_sent(steady_time may_lease_until) {
  const std::lock_guard lock(mutex_);
  sent_receives_end_ = std::max(sent_receives_end_, may_lease_until);
}

void accounts::receive_lost(steady_time may_lease_until) {
  const std::lock_guard lock(mutex_);
  lost_receives_end_ = std::max(lost_receives_end_, may_lease_until);
}

steady_time accounts::receives_linger_until(bool all_closed) const {
  const std::lock_guard lock(mutex_);
  return all_closed ? lost_receives_end_ : sent_receives_end_;
}

void accounts::count(std::uint64_t totals::* sum, std::uint64_t by) {
  const std::lock_guard lock(mutex_);
  sums_.*sum += by;
}

void accounts::job_started(std::chrono::nanoseconds age, unsigned receive_count) {
  const std::lock_guard lock(mutex_);
  (receive_count > 1 ? times_.age_at_later_start : times_.age_at_first_start).add(age);
}

void accounts::job_ended(job_end how, std::chrono::nanoseconds took) {
  const std::lock_guard lock(mutex_);
  ++(sums_.*how.sum);
  (times_.*how.took).add(took);
}

bool accounts::try_begins(std::string_view message_id) {
  const std::lock_guard lock(mutex_);
  if (!failures_.empty()) {  // as a rule they are: spares the text
    const auto entry = failures_.find(std::string(message_id));
    if (entry != failures_.end() && entry->second.is_given_up) return false;
  }
  ++helpful_;
  return true;
}

void accounts::try_ended(std::string_view message_id, try_end how, bool may_help, unsigned most) {
  const std::lock_guard lock(mutex_);
  if (may_help) {
    --helpful_;
    next_round();
  }
  if (how == try_end::done) {
    const auto entry = failures_.empty() ? failures_.end() : failures_.find(std::string(message_id));
    if (entry == failures_.end()) return;
    given_up_ -= entry->second.is_given_up ? 1 : 0;
    failures_.erase(entry);
    next_round();
  } else if (how == try_end::failed) {
    failures& of = failures_[std::string(message_id)];
    if (++of.count < most) return;
    given_up_ += of.is_given_up ? 0 : 1;
    failed_in_round_ += of.is_given_up && of.round != round_ ? 1 : 0;
    of.round = of.is_given_up ? round_ : 0;
    of.is_given_up = true;
  }
}

std::size_t accounts::given_up() const {
  const std::lock_guard lock(mutex_);
  return given_up_;
}

bool accounts::goes_round() const {
  const std::lock_guard lock(mutex_);
  return helpful_ == 0 && given_up_ != 0 && failed_in_round_ == given_up_;
}

void accounts::begin_round() {
  const std::lock_guard lock(mutex_);
  next_round();
}

void accounts::next_round() {
  ++round_;
  failed_in_round_ = 0;
}

totals accounts::sums() const {
  const std::lock_guard lock(mutex_);
  return sums_;
}

timings accounts::times() const {
  const std::lock_guard lock(mutex_);
  return times_;
}

std::vector<holding> accounts::held() const {
  const std::lock_guard lock(mutex_);
  std::vector<holding> all;
  all.reserve(held_.size());
  for (const auto& [id, entry] : held_) {
    all.push_back(entry);
    if (entry.why.empty()) all.back().why = "not settled in time";
  }
  return all;
}

std::size_t accounts::held_count() const {
  const std::lock_guard lock(mutex_);
  return held_.size();
}

}  // namespace lastcall::worker
