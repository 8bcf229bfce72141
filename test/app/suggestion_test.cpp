#include "app/suggestion.hpp"

#include <doctest/doctest.h>

using namespace lastcall::app;

TEST_CASE("what a slip of the fingers costs is one") {
  CHECK(typing_distance("grace", "grace") == 0);
  CHECK(typing_distance("grce", "grace") == 1);
  CHECK(typing_distance("graace", "grace") == 1);
  CHECK(typing_distance("brace", "grace") == 1);
  CHECK(typing_distance("garce", "grace") == 1);
  CHECK(typing_distance("", "abc") == 3);
  CHECK(typing_distance("abc", "") == 3);
}

TEST_CASE("the nearest known word is suggested, and none where none is near") {
  const std::vector<std::string> known{"--grace", "--region", "--reserve"};
  CHECK(nearest("--grce", known) == "--grace");
  CHECK(nearest("--reigon", known) == "--region");
  CHECK(nearest("--zzzzzz", known).empty());
  CHECK(did_you_mean("--reservee", known) == "; did you mean '--reserve'?");
  CHECK(did_you_mean("x", {}).empty());
}
