#include "broker/receive_attempts.hpp"

#include <algorithm>

namespace lastcall::broker {

const std::vector<receive_attempts::given>* receive_attempts::find(const std::string& attempt_id,
                                                                   steady_time now) {
  forget_expired(now);
  const auto found = attempts_.find(attempt_id);
  return found == attempts_.end() ? nullptr : &found->second.messages;
}

void receive_attempts::remember(std::string attempt_id, std::vector<given> messages, steady_time now) {
  forget_expired(now);
  const steady_time when = now + interval;
  attempts_[attempt_id] = {std::move(messages), when};
  expiries_.push_back({when, std::move(attempt_id)});
  ++untold_;
}

void receive_attempts::restore(std::string attempt_id, std::vector<given> messages, steady_time forgotten) {
  attempts_[attempt_id] = {std::move(messages), forgotten};
  expiries_.push_back({forgotten, std::move(attempt_id)});
}

void receive_attempts::clear() noexcept {
  attempts_.clear();
  expiries_.clear();
  untold_ = 0;
}

void receive_attempts::forget_expired(steady_time now) {
  while (!expiries_.empty() && expiries_.front().when <= now) {
    const auto found = attempts_.find(expiries_.front().attempt_id);
    // Remembered again in the meantime: its own expiry follows.
    if (found != attempts_.end() && found->second.forgotten <= now) attempts_.erase(found);
    expiries_.pop_front();
  }
  untold_ = std::min(untold_, expiries_.size());
}

}  // namespace lastcall::broker
