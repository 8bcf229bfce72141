#include "jobs/retry_after.hpp"

#include <doctest/doctest.h>

using namespace lastcall::jobs;
using namespace std::chrono_literals;

namespace {

const std::chrono::system_clock::time_point now{1700000000s};  // Tue, 14 Nov 2023 22:13:20 GMT

}  // namespace

TEST_CASE("Retry-After in seconds") {
  CHECK(parse_retry_after("0", now) == 0s);
  CHECK(parse_retry_after("120", now) == 120s);
  CHECK(parse_retry_after("43200", now) == 12h);
}

TEST_CASE("Retry-After as a date is measured from now, rounded up, and never negative") {
  CHECK(parse_retry_after("Tue, 14 Nov 2023 22:14:20 GMT", now) == 60s);
  CHECK(parse_retry_after("Tue, 14 Nov 2023 22:14:20 GMT", now + 100ms) == 60s);
  CHECK(parse_retry_after("Tue, 14 Nov 2023 22:13:19 GMT", now) == 0s);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now) == 0s);
}

TEST_CASE("Retry-After beyond what SQS can grant is cut to 12 hours") {
  CHECK(parse_retry_after("86400", now) == 12h);
  CHECK(parse_retry_after("99999999999999999999999", now) == 12h);
  CHECK(parse_retry_after("Tue, 14 Nov 2028 22:14:20 GMT", now) == 12h);
}

TEST_CASE("a malformed Retry-After is none") {
  for (const char* text :
       {"", " ", "soon", "-1", "+1", "1.5", "60s", "60 ", "Tue, 14 Nov 2023", "99999999999999999999999x"})
    CHECK_MESSAGE(!parse_retry_after(text, now), text);
}
