#include "jobs/output_lines.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace lastcall;
using namespace std::chrono_literals;
using jobs::output_limits;
using jobs::output_lines;

namespace {

const steady_time t0{1h};

struct written {
  explicit written(output_limits limits = {})
      : stream(
            limits, [this](std::string_view line) { lines.emplace_back(line); },
            [this](std::uint64_t count) { dropped.push_back(count); }) {}
  written(const written&) = delete;

  std::vector<std::string> lines;
  std::vector<std::uint64_t> dropped;
  output_lines stream;
};

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("output is cut into lines, wherever the reads are cut") {
  for (std::size_t step : {1U, 2U, 3U, 100U}) {
    written w;
    const std::string output = "one\ntwo\r\n\nfour";
    for (std::size_t at = 0; at < output.size(); at += step)
      w.stream.feed(std::string_view(output).substr(at, step), t0);
    CHECK(w.lines == texts{"one", "two", ""});
    w.stream.finish(t0);
    CHECK(w.lines == texts{"one", "two", "", "four"});
    CHECK(w.stream.last() == "four");
  }
}

TEST_CASE("the last line is the last that is not blank") {
  written w;
  w.stream.feed("{\"retry_after_s\":5}\n\n  \n", t0);
  w.stream.finish(t0);
  CHECK(w.stream.last() == "{\"retry_after_s\":5}");
}

TEST_CASE("a line that is too long is cut and marked, and the next one is whole") {
  written w({.line_bytes = 4});
  w.stream.feed("123", t0);
  w.stream.feed("456", t0);
  w.stream.feed("7\n1234\nab\n", t0);
  CHECK(w.lines == texts{"1234…", "1234", "ab"});
}

TEST_CASE("a line without an end takes no more memory than its limit") {
  written w({.line_bytes = 100});
  const std::string chunk(16 * 1024, 'x');
  for (int i = 0; i < 1000; ++i)
    w.stream.feed(chunk, t0);
  w.stream.finish(t0);
  CHECK(w.lines == texts{std::string(100, 'x') + "…"});
  CHECK(w.stream.last().capacity() < 256);
}

TEST_CASE("a line is printable") {
  written w;
  w.stream.feed("a\x1b[2Jb\xff\n", t0);
  CHECK(w.lines == texts{"a\\x1b[2Jb\\xff"});
}

TEST_CASE("lines beyond the rate are dropped, counted, and still known as the last") {
  written w({.lines_per_s = 10});
  for (int i = 0; i < 25; ++i)
    w.stream.feed(std::to_string(i) + "\n", t0);
  CHECK(w.lines.size() == 10);
  CHECK(w.stream.last() == "24");
  w.stream.feed("later\n", t0 + 100ms);
  CHECK(w.lines.back() == "later");
  CHECK(w.dropped == std::vector<std::uint64_t>{15});
  w.stream.feed("too many\n", t0 + 101ms);
  w.stream.finish(t0 + 101ms);
  CHECK(w.dropped == std::vector<std::uint64_t>{15, 1});
}
