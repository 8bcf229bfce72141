#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lastcall::jobs {

/// The longest that a message can be kept invisible (ChangeMessageVisibility: 12 hours).
constexpr std::chrono::seconds longest_delay = std::chrono::hours(12);

/// A wish of whole seconds, cut to what SQS can grant: someone who asks for a day wants anything but "at
/// once".
constexpr std::chrono::seconds at_most_longest_delay(std::uint64_t seconds) noexcept {
  constexpr auto most = static_cast<std::uint64_t>(longest_delay.count());
  return std::chrono::seconds(static_cast<std::int64_t>(seconds < most ? seconds : most));
}

/// The value of a Retry-After header (RFC 9110 §10.2.3): seconds, or a date as senders must write it
/// (§5.6.7), measured from `now`; a date in the past is 0. Cut to `longest_delay`. Nothing where it is
/// neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text,
                                                      std::chrono::system_clock::time_point now);

}  // namespace lastcall::jobs
