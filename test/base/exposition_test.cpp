#include "base/exposition.hpp"

#include <doctest/doctest.h>

namespace lastcall {

TEST_CASE("samples stand under their family, with their labels") {
  exposition all;
  all.family("queue_messages", "gauge", "Messages in a queue.");
  all.sample({{"queue", "jobs"}, {"state", "visible"}}, 3U);
  all.family("age_seconds", "gauge", "An age.");
  all.sample({}, "1.500");
  CHECK(all.take() ==
        "# HELP queue_messages Messages in a queue.\n# TYPE queue_messages gauge\n"
        "queue_messages{queue=\"jobs\",state=\"visible\"} 3\n"
        "# HELP age_seconds An age.\n# TYPE age_seconds gauge\nage_seconds 1.500\n");
}

TEST_CASE("a label's value cannot break out of its quotes") {
  exposition all;
  all.family("f", "gauge", "h");
  all.sample({{"region", "a\"b\\c\nd"}}, 1U);
  CHECK(all.take().ends_with("f{region=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

}  // namespace lastcall
