#include "base/backoff.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace std::chrono_literals;

TEST_CASE("a backoff doubles with every attempt, up to its cap") {
  constexpr backoff growth{.base = 1s, .cap = 20s};
  CHECK(growth.ceiling(0) == 1s);
  CHECK(growth.ceiling(1) == 2s);
  CHECK(growth.ceiling(4) == 16s);
  CHECK(growth.ceiling(5) == 20s);
  CHECK(growth.ceiling(1000) == 20s);
  CHECK(growth.ceiling(~0U) == 20s);
}

TEST_CASE("a backoff without a real cap does not overflow") {
  constexpr backoff growth{.base = 1s, .cap = std::chrono::nanoseconds::max()};
  CHECK(growth.ceiling(62) == std::chrono::nanoseconds::max());
  CHECK(growth.wait(62, 0x1.fffffffffffffp-1) > 0s);
}

TEST_CASE("full jitter draws from zero to the ceiling") {
  constexpr backoff growth{.base = 1s, .cap = 20s};
  CHECK(growth.wait(3, 0.0) == 0s);
  CHECK(growth.wait(3, 0.5) == 4s);
  CHECK(growth.wait(3, 0x1.fffffffffffffp-1) < 8s);
  CHECK(growth.wait(30, 0.5) == 10s);
}

TEST_CASE("a backoff of nothing waits for nothing") {
  constexpr backoff none{.base = 0s, .cap = 20s};
  CHECK(none.wait(5, 0.9) == 0s);
}
