#include "aws/clock_skew.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::aws;
using namespace std::chrono_literals;

namespace {

constexpr wall_time noon = std::chrono::sys_days{std::chrono::year{1994} / 11 / 6} + 12h;

http::headers answered_at_noon() {
  http::headers headers;
  headers.add("Date", "Sun, 06 Nov 1994 12:00:00 GMT");
  return headers;
}

/// A request of two seconds by a clock that is `behind` that of the service.
clock_skew::observation seen(std::chrono::nanoseconds behind, std::chrono::nanoseconds signed_with) {
  return {signed_with, noon - behind - 1s, noon - behind + 1s};
}

constexpr const char* refusal = "SignatureDoesNotMatch";

}  // namespace

TEST_CASE("a refused request teaches how far the clocks are apart") {
  clock_skew skew;
  CHECK(skew.learn(seen(1h, 0s), answered_at_noon(), refusal));
  CHECK(skew.correction() == 1h);
  clock_skew ahead;
  CHECK(ahead.learn(seen(-10min, 0s), answered_at_noon(), "RequestTimeTooSkewed"));
  CHECK(ahead.correction() == -10min);
}

TEST_CASE("with the clocks together, a refusal is about something else") {
  clock_skew skew;
  CHECK_FALSE(skew.learn(seen(3min, 0s), answered_at_noon(), refusal));
  CHECK(skew.correction() == 0s);
}

TEST_CASE("a success, or another error, moves nothing") {
  clock_skew skew;
  CHECK_FALSE(skew.learn(seen(6min, 0s), answered_at_noon(), ""));
  CHECK_FALSE(skew.learn(seen(6min, 0s), answered_at_noon(), "AccessDenied"));
  CHECK(skew.correction() == 0s);
}

TEST_CASE("the answer of a cache, or one without a date, teaches nothing") {
  clock_skew skew;
  http::headers cached = answered_at_noon();
  cached.add("Age", "3600");
  CHECK_FALSE(skew.learn(seen(1h, 0s), cached, refusal));
  CHECK_FALSE(skew.learn(seen(1h, 0s), {}, refusal));
  http::headers rubbish;
  rubbish.add("Date", "yesterday");
  CHECK_FALSE(skew.learn(seen(1h, 0s), rubbish, refusal));
  CHECK(skew.correction() == 0s);
}

TEST_CASE("calls that were signed before the correction was known try again with it") {
  clock_skew skew;
  CHECK(skew.learn(seen(1h, 0s), answered_at_noon(), refusal));
  CHECK(skew.learn(seen(1h, 0s), answered_at_noon(), refusal));
  CHECK(skew.correction() == 1h);
  CHECK(skew.learn(seen(1h, 0s), {}, refusal));
  CHECK_FALSE(skew.learn(seen(1h, 1h), answered_at_noon(), refusal));
}

TEST_CASE("a clock that is set right takes the correction away") {
  clock_skew skew;
  skew.learn(seen(1h, 0s), answered_at_noon(), refusal);
  CHECK(skew.learn(seen(0s, 1h), answered_at_noon(), refusal));
  CHECK(skew.correction() == 0s);
  skew.learn(seen(1h, 0s), answered_at_noon(), refusal);
  CHECK_FALSE(skew.learn(seen(0s, 1h), answered_at_noon(), ""));
  CHECK(skew.correction() == 0s);
}

TEST_CASE("a correction that became wrong is replaced") {
  clock_skew skew;
  skew.learn(seen(1h, 0s), answered_at_noon(), refusal);
  CHECK(skew.learn(seen(70min, 1h), answered_at_noon(), refusal));
  CHECK(skew.correction() == 70min);
}
