#include "runtime/random.hpp"

#include <doctest/doctest.h>

#include <set>

namespace lastcall {
namespace {

TEST_CASE("the same seed gives the same run, another seed another") {
  seeded_random one(42);
  seeded_random same(42);
  seeded_random other(43);
  int equal = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t drawn = one.next();
    CHECK(drawn == same.next());
    equal += drawn == other.next() ? 1 : 0;
  }
  CHECK(equal == 0);
}

TEST_CASE("unit numbers lie in [0, 1) and fill it evenly") {
  seeded_random random(7);
  int tenths[10] = {};
  for (int i = 0; i < 10'000; ++i) {
    const double drawn = random.unit();
    REQUIRE(drawn >= 0.0);
    REQUIRE(drawn < 1.0);
    ++tenths[static_cast<int>(drawn * 10)];
  }
  for (const int count : tenths) {
    CHECK(count > 850);
    CHECK(count < 1150);
  }
}

TEST_CASE("a UUID has the form of version 4 and does not repeat") {
  seeded_random random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = random.uuid();
    REQUIRE(uuid.size() == 36);
    for (const std::size_t dash : {8, 13, 18, 23})
      CHECK(uuid[dash] == '-');
    CHECK(uuid[14] == '4');
    CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
    CHECK(uuid.find_first_not_of("0123456789abcdef-") == std::string::npos);
    CHECK(seen.insert(uuid).second);
  }
}

TEST_CASE("seeds of the operating system differ") { CHECK(entropy() != entropy()); }

}  // namespace
}  // namespace lastcall
