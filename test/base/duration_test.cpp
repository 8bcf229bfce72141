#include "base/duration.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace std::chrono_literals;

TEST_CASE("durations take every unit, and sums of them") {
  CHECK(parse_duration("0").value() == 0ns);
  CHECK(parse_duration("0s").value() == 0ns);
  CHECK(parse_duration("7ns").value() == 7ns);
  CHECK(parse_duration("250us").value() == 250us);
  CHECK(parse_duration("500ms").value() == 500ms);
  CHECK(parse_duration("30s").value() == 30s);
  CHECK(parse_duration("5m").value() == 5min);
  CHECK(parse_duration("1h").value() == 1h);
  CHECK(parse_duration("2d").value() == 48h);
  CHECK(parse_duration("1h30m").value() == 90min);
  CHECK(parse_duration("1m500ms").value() == 60'500ms);
}

TEST_CASE("what is not a duration is refused with the accepted form") {
  for (const char* text : {"", "5", "s", "-5s", "+5s", "5 s", " 5s", "5s ", "1.5s", "5S", "5sec", "5s5",
                           "five", "00", "1h-1m", "\x1B[2J", "5\xC2\xB5s"}) {
    CAPTURE(std::string(text));
    const auto parsed = parse_duration(text);
    REQUIRE(parsed.has_error());
    CHECK(parsed.error().kind == error_kind::invalid);
    CHECK(parsed.error().message.find("500ms, 30s, 5m") != std::string::npos);
    CHECK(parsed.error().message.find('\x1B') == std::string::npos);
  }
}

TEST_CASE("a duration that does not fit is refused, not wrapped around") {
  CHECK(parse_duration("106751d").has_value());
  CHECK(parse_duration("9223372036854775807ns").value() == std::chrono::nanoseconds::max());
  for (const char* text :
       {"106752d", "9223372036854775808ns", "99999999999999999999s", "106751d106751d", "9223372037s"}) {
    CAPTURE(std::string(text));
    CHECK(parse_duration(text).has_error());
  }
}

TEST_CASE("a duration is written in the largest unit that is exact") {
  CHECK(format_duration(0s) == "0s");
  CHECK(format_duration(1500ms) == "1500ms");
  CHECK(format_duration(30s) == "30s");
  CHECK(format_duration(90min) == "90m");
  CHECK(format_duration(48h) == "2d");
  CHECK(format_duration(1us) == "1us");
  CHECK(format_duration(61'000'000'001ns) == "61000000001ns");
}

TEST_CASE("what is written can be read back") {
  for (const auto duration :
       {std::chrono::nanoseconds{0}, std::chrono::nanoseconds{1}, std::chrono::nanoseconds{20s},
        std::chrono::nanoseconds{12h}, std::chrono::nanoseconds::max()})
    CHECK(parse_duration(format_duration(duration)).value() == duration);
}
