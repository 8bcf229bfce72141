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

TEST_CASE("a histogram's buckets count what is as long or shorter, in seconds") {
  using namespace std::chrono_literals;
  duration_histogram jobs;
  for (const auto took : {0ns, 1'000'000ns, 1'000'001ns, std::chrono::nanoseconds(59min)})
    jobs.add(took);
  jobs.add(13h);
  exposition all;
  all.family("job_seconds", "histogram", "Jobs.");
  all.histogram({{"outcome", "done"}}, jobs);
  const std::string text = all.take();
  const auto has = [&](const std::string& line) {
    return text.find("\njob_seconds_" + line + "\n") != std::string::npos;
  };
  CHECK(has(R"(bucket{outcome="done",le="0.001"} 2)"));
  CHECK(has(R"(bucket{outcome="done",le="0.005"} 3)"));
  CHECK(has(R"(bucket{outcome="done",le="2.5"} 3)"));
  CHECK(has(R"(bucket{outcome="done",le="1800"} 3)"));
  CHECK(has(R"(bucket{outcome="done",le="3600"} 4)"));
  CHECK(has(R"(bucket{outcome="done",le="43200"} 4)"));
  CHECK(has(R"(bucket{outcome="done",le="+Inf"} 5)"));
  CHECK(has(R"(sum{outcome="done"} 50340.002000)"));
  CHECK(has(R"(count{outcome="done"} 5)"));
}

TEST_CASE("a label's value cannot break out of its quotes") {
  exposition all;
  all.family("f", "gauge", "h");
  all.sample({{"region", "a\"b\\c\nd"}}, 1U);
  CHECK(all.take().ends_with("f{region=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

}  // namespace lastcall
