#pragma once

#include "base/backoff.hpp"
#include "base/error.hpp"

#include <chrono>
#include <optional>
#include <string_view>

/// The AWS SDKs' standard retry mode (AWS SDKs and Tools Reference Guide, "Retry behavior"), as plain values
/// and functions.
namespace lastcall::aws {

/// What a failed attempt means for the next one.
enum class failure_class {
  permanent,  ///< trying again changes nothing
  transient,  ///< the connection or the service had a moment of weakness
  timeout,    ///< as transient, and costs more: it may have been the service's load
  throttling  ///< the service asks for fewer requests
};

/// Of an error of a call. `status` is that of the HTTP answer, 0 where there was none.
failure_class classify(const error&, unsigned status) noexcept;

/// The waits before the second attempt, the third, … : full jitter up to 1 s, 2 s, … at most 20 s.
inline constexpr backoff retry_backoff{.base = std::chrono::seconds(1), .cap = std::chrono::seconds(20)};

/// The wait before the next attempt. `retries` counts those before, `unit` is a random number in [0, 1),
/// `retry_after` the service's own wish (x-amz-retry-after), honoured up to 5 s beyond our own wait.
std::chrono::nanoseconds retry_wait(unsigned retries, double unit,
                                    std::optional<std::chrono::milliseconds> retry_after) noexcept;

/// Reads x-amz-retry-after: a whole number of milliseconds. None for anything else.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view header) noexcept;

/// Keeps the retries of all calls of a client in proportion: when a service fails for good, it is not asked
/// three times as often as usual.
class retry_quota {
 public:
  static constexpr int capacity = 500;

  /// Takes what a retry after this failure costs; none: the quota is used up, don't retry.
  std::optional<int> acquire(failure_class) noexcept;
  /// A call has succeeded: gives back what its last retry has cost, or a little when it needed none.
  void succeeded(std::optional<int> cost_of_last_retry) noexcept;
  int available() const noexcept { return available_; }

 private:
  int available_{capacity};
};

}  // namespace lastcall::aws
