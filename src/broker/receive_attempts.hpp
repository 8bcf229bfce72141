#pragma once

#include "runtime/clock.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace lastcall::broker {

/// What a FIFO queue remembers of receives that carried a ReceiveRequestAttemptId, for five minutes after
/// each, so that a receive whose answer was lost can be asked again.
class receive_attempts {
 public:
  static constexpr std::chrono::minutes interval{5};

  /// One message of the answer, and which receive of it that was.
  struct given {
    std::uint64_t serial;
    std::uint32_t lease;
  };

  /// What that attempt was given within the interval; nullptr: nothing.
  const std::vector<given>* find(const std::string& attempt_id, steady_time now);
  /// Remembers an answer; a later one of the same id takes its place.
  void remember(std::string attempt_id, std::vector<given>, steady_time now);
  void clear() noexcept;

  /// Calls `each(attempt id, messages, when it is forgotten)` for what has been remembered since the last
  /// time.
  template <class Each>
  void tell_new(Each each) {
    for (auto at = expiries_.end() - static_cast<std::ptrdiff_t>(untold_); at != expiries_.end(); ++at) {
      const attempt& told = attempts_.at(at->attempt_id);
      each(at->attempt_id, told.messages, told.forgotten);
    }
    untold_ = 0;
  }
  /// What was told once, the earliest to be forgotten first.
  void restore(std::string attempt_id, std::vector<given>, steady_time forgotten);

 private:
  struct attempt {
    std::vector<given> messages;
    steady_time forgotten;
  };
  struct expiry {
    steady_time when;
    std::string attempt_id;
  };
  void forget_expired(steady_time now);

  std::unordered_map<std::string, attempt> attempts_;
  std::deque<expiry> expiries_;
  std::size_t untold_{0};  ///< of the last expiries
};

}  // namespace lastcall::broker
