#include "aws/clock_skew.hpp"

#include "base/mark.hpp"
#include "base/timestamp.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace lastcall::aws {
namespace {

/// Below this a signature is accepted, with room for the whole seconds of Date and for long polls.
constexpr std::chrono::minutes tolerated{4};

/// What a refusal for a wrong time may be called; some of these have other reasons as well.
bool may_be_about_time(std::string_view code) noexcept {
  constexpr std::array<std::string_view, 6> codes{"AuthFailure",          "InvalidSignatureException",
                                                  "RequestExpired",       "RequestInTheFuture",
                                                  "RequestTimeTooSkewed", "SignatureDoesNotMatch"};
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool is_far(std::chrono::nanoseconds a, std::chrono::nanoseconds b) noexcept {
  return std::chrono::abs(a - b) > tolerated;
}

std::optional<std::chrono::nanoseconds> measured(const clock_skew::observation& seen,
                                                 const http::headers& answer) {
  if (answer.has("Age")) return std::nullopt;  // a cache's: its Date is of an earlier time
  const std::optional<timestamp> date = parse_http_date(answer.get("Date"));
  if (!date) return std::nullopt;
  return *date - (seen.sent_at + (seen.answered_at - seen.sent_at) / 2);
}

}  // namespace

bool clock_skew::learn(const observation& seen, const http::headers& answer,
                       std::string_view error_code) noexcept {
  const bool refused = may_be_about_time(error_code);
  const std::optional<std::chrono::nanoseconds> skew = measured(seen, answer);
  if (skew) {
    if (refused && is_far(*skew, seen.signed_with)) correction_ = *skew;
    if (!is_far(*skew, std::chrono::nanoseconds{0})) {
      if (correction_ != std::chrono::nanoseconds{0})
        LASTCALL_MARK("the clock is right again and is not corrected any more");
      correction_ = std::chrono::nanoseconds{0};
    }
  }
  return refused && is_far(correction_, seen.signed_with);
}

}  // namespace lastcall::aws
