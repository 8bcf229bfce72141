#include "base/mark.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace lastcall;

namespace {

void walk(bool rarely) {
  if (rarely) LASTCALL_MARK("test: taken");
}

void never_called() { LASTCALL_MARK("test: never taken"); }

const mark* find(std::string_view name) {
  const auto all = mark::all();
  const auto found = std::ranges::find(all, name, &mark::name);
  return found == all.end() ? nullptr : &*found;
}

int first_hits = 0;

}  // namespace

TEST_CASE("a mark is known before its branch is taken, and without it") {
  static_cast<void>(&never_called);
  REQUIRE(find("test: never taken") != nullptr);
  CHECK(!find("test: never taken")->is_hit());
  REQUIRE(find("test: taken") != nullptr);
}

TEST_CASE("a mark is hit when its branch is taken, and tells of it once") {
  const auto before = std::exchange(mark::on_first_hit, [](const mark&) { ++first_hits; });
  walk(false);
  CHECK(!find("test: taken")->is_hit());
  walk(true);
  walk(true);
  CHECK(find("test: taken")->is_hit());
  CHECK(first_hits == 1);
  mark::on_first_hit = before;
}
