#pragma once

#include <algorithm>
#include <cstddef>

namespace lastcall::worker {

/// What decides how many messages may be asked for (promise 10: nothing is prefetched that can't start).
struct intake {
  std::size_t concurrency{};
  std::size_t running{};   ///< messages whose job runs or waits for its turn in its group
  std::size_t reserved{};  ///< slots that open receives may fill
  std::size_t settling{};  ///< messages whose job has ended and whose delete or release is not answered

  /// How many messages one more receive may ask for: 0 to 10. While as many messages are being settled as may
  /// run, the service does not follow and nothing more is taken in.
  int quota() const noexcept {
    const std::size_t taken = running + reserved;
    if (taken >= concurrency || settling >= concurrency + most) return 0;
    return static_cast<int>(std::min(concurrency - taken, most));
  }
  /// Whether a receive would be as full as it can get; if not, it pays to wait a moment for more slots.
  bool is_full_batch() const noexcept {
    return quota() == static_cast<int>(std::min(concurrency, most)) || running == 0;
  }

  static constexpr std::size_t most = 10;  ///< MaxNumberOfMessages of ReceiveMessage
};

}  // namespace lastcall::worker
