#include "base/timestamp.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace std::chrono_literals;

namespace {

constexpr timestamp on(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day));
}

}  // namespace

TEST_CASE("a timestamp of RFC 3339 is read to the nanosecond, in UTC") {
  CHECK(parse_rfc3339("1985-04-12T23:20:50.52Z") == on(1985, 4, 12) + 23h + 20min + 50s + 520ms);
  CHECK(parse_rfc3339("1996-12-19T16:39:57-08:00") == on(1996, 12, 20) + 39min + 57s);
  CHECK(parse_rfc3339("1937-01-01T12:00:27.87+00:20") == on(1937, 1, 1) + 11h + 40min + 27s + 870ms);
  CHECK(parse_rfc3339("1970-01-01t00:00:00z") == timestamp{});
  CHECK(parse_rfc3339("2024-02-29 00:00:00.123456789123Z") == on(2024, 2, 29) + 123456789ns);
  CHECK(parse_rfc3339("1990-12-31T23:59:60Z") == on(1991, 1, 1));
}

TEST_CASE("what is not a timestamp of RFC 3339 gives none") {
  for (const char* text : {"",
                           "2015-08-30",
                           "2015-08-30T12:36:00",
                           "2015-08-30T12:36:00Z ",
                           " 2015-08-30T12:36:00Z",
                           "2015-8-30T12:36:00Z",
                           "2015-02-30T12:36:00Z",
                           "2015-13-01T12:36:00Z",
                           "2015-00-01T12:36:00Z",
                           "2015-08-30T24:00:00Z",
                           "2015-08-30T12:60:00Z",
                           "2015-08-30T12:36:61Z",
                           "2015-08-30T12:36:00.Z",
                           "2015-08-30T12:36:00+2",
                           "2015-08-30T12:36:00+24:00",
                           "2015-08-30X12:36:00Z",
                           "-015-08-30T12:36:00Z",
                           "9999-12-31T23:59:59Z",
                           "1440938160",
                           "Sun, 06 Nov 1994 08:49:37 GMT"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_rfc3339(text).has_value());
  }
}

TEST_CASE("the date of an HTTP answer is read") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == on(1994, 11, 6) + 8h + 49min + 37s);
  CHECK(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == timestamp{});
}

TEST_CASE("what is not the date of an HTTP answer gives none") {
  for (const char* text :
       {"", "Sun", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_http_date(text).has_value());
  }
}
