#include "app/line_reader.hpp"

#include "app/foreground.hpp"
#include "temporary_folder.hpp"

#include <boost/asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <vector>

namespace lastcall::app {
namespace {

using lines = std::vector<line_reader::line>;

boost::asio::awaitable<void> read_all(line_reader& reader, lines& into) {
  for (;;) {
    const auto next = co_await reader.next();
    REQUIRE(next.has_value());
    if (!*next) break;
    into.push_back(**next);
  }
}

lines read_from(int fd, std::size_t most_bytes) {
  foreground loop;
  line_reader reader(loop.executor(), fd, most_bytes);
  lines all;
  loop.run(read_all(reader, all));
  return all;
}

lines read_file(const std::string& content, std::size_t most_bytes = 1000) {
  const temporary_folder folder;
  const int fd = ::open(folder.file("lines", content).c_str(), O_RDONLY | O_CLOEXEC);
  lines all = read_from(fd, most_bytes);
  ::close(fd);
  return all;
}

TEST_CASE("lines come with their numbers, the last one with or without its end") {
  const lines all = read_file("one\n\nthree\r\nfour");
  REQUIRE(all.size() == 4);
  CHECK(all[0].text == "one");
  CHECK(all[1].text.empty());
  CHECK(all[2].text == "three");
  CHECK(all[3].text == "four");
  CHECK(all[3].number == 4);
  CHECK(read_file("one\n").size() == 1);
  CHECK(read_file("").empty());
}

TEST_CASE("a line that is too long is skipped to its end and said to be so") {
  const lines all = read_file("short\n" + std::string(300'000, 'x') + "\nafter\n" + std::string(11, 'y'), 10);
  REQUIRE(all.size() == 4);
  CHECK_FALSE(all[0].is_too_long);
  CHECK(all[1].is_too_long);
  CHECK(all[1].text.empty());
  CHECK(all[2].text == "after");
  CHECK(all[3].is_too_long);
}

TEST_CASE("a line may be longer than one read") {
  const std::string longer(200'000, 'x');
  const lines all = read_file(longer + "\n" + longer, 200'000);
  REQUIRE(all.size() == 2);
  CHECK(all[0].text == longer);
  CHECK(all[1].text == longer);
}

TEST_CASE("what stands in a pipe is there to be taken, and what does not has to be waited for") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  foreground loop;
  line_reader reader(loop.executor(), ends[0], 1000);
  CHECK(reader.would_wait());
  REQUIRE(::write(ends[1], "a\nb", 3) == 3);
  CHECK_FALSE(reader.would_wait());
  ::close(ends[1]);
  lines all;
  loop.run(read_all(reader, all));
  CHECK(all.size() == 2);
  ::close(ends[0]);
}

TEST_CASE("an input without anything in it, such as /dev/null, is at its end") {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(read_from(fd, 10).empty());
  ::close(fd);
}

boost::asio::awaitable<void> read_one(line_reader& reader, error& into) {
  namespace asio = boost::asio;
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto next = co_await reader.next();
  REQUIRE_FALSE(next.has_value());
  into = next.error();
}

TEST_CASE("an input that has neither an end nor a line can be interrupted") {
  const int fd = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  foreground loop;
  line_reader reader(loop.executor(), fd, 10);
  std::raise(SIGINT);
  error why;
  loop.run(read_one(reader, why));
  CHECK(why.kind == error_kind::cancelled);
  ::close(fd);
}

}  // namespace
}  // namespace lastcall::app
