#pragma once

#include "runtime/clock.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lastcall::broker {

/// What a FIFO queue remembers of the messages sent to it, for five minutes after each; deleting a message
/// changes nothing of it.
class deduplication {
 public:
  static constexpr std::chrono::minutes interval{5};

  /// The message that was accepted under a key.
  struct accepted {
    std::string message_id;
    std::uint64_t serial;
  };

  /// With the scope `messageGroup` ids count within their group only: `group` is then its name, else empty.
  static std::string key(std::string_view group, std::string_view deduplication_id);

  /// What was accepted under the key within the interval; nullptr: nothing.
  const accepted* find(const std::string& key, steady_time now);
  void remember(std::string key, accepted, steady_time now);
  void clear() noexcept;

  /// Calls `each(key, accepted, when it is forgotten)` for what has been remembered since the last time.
  template <class Each>
  void tell_new(Each each) {
    for (auto at = expiries_.end() - static_cast<std::ptrdiff_t>(untold_); at != expiries_.end(); ++at)
      each(at->key, accepted_.at(at->key), at->when);
    untold_ = 0;
  }
  /// What was told once, the earliest to be forgotten first.
  void restore(std::string key, accepted, steady_time forgotten);
  std::size_t size() const noexcept { return accepted_.size(); }

 private:
  struct expiry {
    steady_time when;
    std::string key;
  };
  void forget_expired(steady_time now);

  std::unordered_map<std::string, accepted> accepted_;
  std::deque<expiry> expiries_;
  std::size_t untold_{0};  ///< of the last expiries
};

}  // namespace lastcall::broker
