#pragma once

#include <algorithm>
#include <cstddef>

namespace lastcall::worker {

/// How many receives a shard keeps open at once. What is needed is rate × round trip ÷ 10, and neither is known
/// before: so one more is opened while receives come back full and there is room for yet another, and one less while
/// they come back with little. An idle shard keeps two.
class receive_demand {
 public:
  explicit receive_demand(std::size_t most) noexcept : most_(most) {}

  std::size_t wanted() const noexcept { return wanted_; }

  /// A receive that asked for `asked` messages has brought `got`. `room_left`: slots are free for another full one.
  void answered(std::size_t asked, std::size_t got, bool room_left) noexcept {
    if (got >= asked && room_left) wanted_ = std::min(wanted_ + 1, most_);
    if (got * 2 < asked) wanted_ = std::max(wanted_ - 1, least());
  }

 private:
  std::size_t least() const noexcept { return std::min<std::size_t>(most_, 2); }

  std::size_t most_;
  std::size_t wanted_{least()};
};

}  // namespace lastcall::worker
