#include "http/message.hpp"

#include "http/date.hpp"
#include "http/input.hpp"

#include <doctest/doctest.h>

namespace lastcall::http {
namespace {

TEST_CASE("header names compare without regard to case, and the first value counts") {
  headers fields;
  fields.add("Content-Type", "text/plain");
  fields.add("X-Twice", "one");
  fields.add("x-twice", "two");
  CHECK(fields.get("content-type") == "text/plain");
  CHECK(fields.get("CONTENT-TYPE") == "text/plain");
  CHECK(fields.get("X-TWICE") == "one");
  CHECK(fields.has("x-Twice"));
  CHECK_FALSE(fields.has("Content-Typ"));
  CHECK_FALSE(fields.has("Content-Type2"));
  CHECK(fields.get("absent").empty());
}

TEST_CASE("the Date header has the form of RFC 9110") {
  using namespace std::chrono;
  CHECK(format_date(sys_days{1994y / November / 6} + 8h + 49min + 37s) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(format_date(sys_days{2024y / February / 29} + 23h + 59min + 59s + 999ms) ==
        "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST_CASE("the Date of answers goes with the clock, forwards and back") {
  using namespace std::chrono;
  date_of_answers date;
  const wall_time noon = sys_days{2024y / February / 29} + 12h;
  for (const wall_time t : {noon, noon + 999ms, noon + 1s, noon + 24h, noon, noon - 1ms})
    CHECK(date.at(t) == format_date(t));
}

void receive(input& in, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = in.room();
    const std::size_t n = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), n);
    in.received(n);
    bytes.remove_prefix(n);
  }
}

TEST_CASE("received bytes stay in order and in one piece, however they are consumed") {
  input in(1'000'000);
  std::string expected;
  std::string seen;
  unsigned state = 1;
  for (int i = 0; i < 2000; ++i) {
    state = state * 1'664'525U + 1'013'904'223U;
    const std::string part((state >> 8) % 3000, static_cast<char>('a' + i % 26));
    receive(in, part);
    expected += part;
    const std::size_t n = std::min<std::size_t>(in.data().size(), (state >> 4) % 3200);
    seen += in.data().substr(0, n);
    in.consume(n);
  }
  seen += in.data();
  CHECK(seen == expected);
}

TEST_CASE("the input is bounded, and gives back what a large message took") {
  input in(100'000);
  while (!in.is_full())
    in.received(in.room().size());
  CHECK(in.data().size() == 100'000);
  in.consume(100'000);
  in.shrink();
  CHECK(in.room().size() <= 32'768);
}

TEST_CASE("reads get larger when they fill the room, up to the limit") {
  input in(300'000);
  std::size_t largest = 0;
  for (int i = 0; i < 10; ++i) {
    const auto room = in.room();
    largest = std::max(largest, room.size());
    in.received(room.size());
    in.consume(in.data().size());
  }
  CHECK(largest >= 256'000);
  CHECK(largest <= 300'000);
}

}  // namespace
}  // namespace lastcall::http
