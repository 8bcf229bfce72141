#include "aws/retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace lastcall::aws {
namespace {

constexpr int cost_of_retry = 5;
constexpr int cost_after_timeout = 10;
constexpr int gain_of_success = 1;
constexpr std::chrono::seconds most_beyond_own_wait{5};

constexpr std::array<std::string_view, 17> throttling_codes{"BandwidthLimitExceeded",
                                                            "EC2ThrottledException",
                                                            "KmsThrottled",
                                                            "KMS.ThrottlingException",
                                                            "LimitExceededException",
                                                            "PriorRequestNotComplete",
                                                            "ProvisionedThroughputExceededException",
                                                            "RequestLimitExceeded",
                                                            "RequestThrottled",
                                                            "RequestThrottledException",
                                                            "SlowDown",
                                                            "ThrottledException",
                                                            "Throttling",
                                                            "ThrottlingException",
                                                            "TooManyRequestsException",
                                                            "TransactionInProgressException",
                                                            "AWS.SimpleQueueService.RequestThrottled"};
constexpr std::array<std::string_view, 5> transient_codes{
    "InternalError", "InternalFailure", "RequestTimeout", "RequestTimeoutException", "ServiceUnavailable"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& codes, std::string_view code) noexcept {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

failure_class classify_answer(std::string_view code, unsigned status) noexcept {
  if (contains(throttling_codes, code) || status == 429) return failure_class::throttling;
  if (contains(transient_codes, code)) return failure_class::transient;
  const bool of_a_gateway = status == 500 || status == 502 || status == 503 || status == 504;
  return of_a_gateway ? failure_class::transient : failure_class::permanent;
}

}  // namespace

failure_class classify(const error& e, unsigned status) noexcept {
  switch (e.kind) {
    case error_kind::timeout:
      return failure_class::timeout;
    case error_kind::network:
    case error_kind::protocol:
      return failure_class::transient;
    case error_kind::service:
      return classify_answer(e.code, status);
    case error_kind::cancelled:
    case error_kind::tls:
    case error_kind::invalid:
    case error_kind::io:
      return failure_class::permanent;
  }
  return failure_class::permanent;
}

std::chrono::nanoseconds retry_wait(unsigned retries, double unit,
                                    std::optional<std::chrono::milliseconds> retry_after) noexcept {
  const std::chrono::nanoseconds own = retry_backoff.wait(retries, unit);
  if (!retry_after) return own;
  return std::clamp<std::chrono::nanoseconds>(*retry_after, own, own + most_beyond_own_wait);
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view header) noexcept {
  std::uint32_t value = 0;
  const auto [end, problem] = std::from_chars(header.data(), header.data() + header.size(), value);
  if (header.empty() || problem != std::errc{} || end != header.data() + header.size()) return std::nullopt;
  return std::chrono::milliseconds(value);
}

std::optional<int> retry_quota::acquire(failure_class failure) noexcept {
  const int cost = failure == failure_class::timeout ? cost_after_timeout : cost_of_retry;
  if (available_ < cost) return std::nullopt;
  available_ -= cost;
  return cost;
}

void retry_quota::succeeded(std::optional<int> cost_of_last_retry) noexcept {
  available_ = std::min(capacity, available_ + cost_of_last_retry.value_or(gain_of_success));
}

}  // namespace lastcall::aws
