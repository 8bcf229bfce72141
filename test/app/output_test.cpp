#include "app/output.hpp"

#include "app/exit_code.hpp"
#include "captured.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <utility>

namespace lastcall::app {
namespace {

/// A pipe whose reader decides when to read.
struct slow_pipe {
  slow_pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~slow_pipe() {
    ::close(ends[1]);
    close_reader();
  }
  void fill() {
    const int flags = ::fcntl(ends[1], F_GETFL);
    ::fcntl(ends[1], F_SETFL, flags | O_NONBLOCK);
    const std::string page(4096, 'x');
    while (::write(ends[1], page.data(), page.size()) > 0) {
    }
    ::fcntl(ends[1], F_SETFL, flags);
  }
  std::string read_all() {
    std::string all(1 << 20, '\0');
    all.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(ends[0], all.data(), all.size()))));
    return all;
  }
  void close_reader() {
    if (ends[0] >= 0) ::close(std::exchange(ends[0], -1));
  }
  std::array<int, 2> ends{};
};

TEST_CASE("a reader that does not read costs little time once, and none from then on") {
  using namespace std::chrono_literals;
  slow_pipe pipe;
  output out(pipe.ends[1]);
  pipe.fill();
  const steady_time began = real_clock().now();
  CHECK_FALSE(out.line("lost"));
  for (int i = 0; i < 1000; ++i)
    CHECK_FALSE(out.line("lost too"));
  CHECK(real_clock().now() - began < 1s);
  pipe.read_all();
  CHECK(out.line("seen"));
  CHECK(pipe.read_all() == "seen\n");
}

TEST_CASE("a reader that has gone is no reason to stop") {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  slow_pipe pipe;
  output out(pipe.ends[1]);
  pipe.close_reader();
  CHECK_FALSE(out.line("to nobody"));
  CHECK_FALSE(out.write("to nobody"));
  std::signal(SIGPIPE, before);
}

TEST_CASE("where there is no terminal, a block at the bottom writes nothing") {
  captured stream;
  stream.to().block({"progress"});
  stream.to().line("a line");
  stream.to().release_block();
  CHECK(stream.text() == "a line\n");
  CHECK_FALSE(stream.to().is_terminal());
  CHECK(stream.to().width() == 80);
}

TEST_CASE("on a terminal lines appear above the block") {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(master >= 0);
  REQUIRE(::grantpt(master) == 0);
  REQUIRE(::unlockpt(master) == 0);
  std::array<char, 64> name{};
  REQUIRE(::ptsname_r(master, name.data(), name.size()) == 0);
  const int terminal = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(terminal >= 0);
  output out(terminal);
  CHECK(out.is_terminal());
  out.block({"one", "two"});
  out.line("log");
  out.block({"three"});
  out.release_block();
  out.line("end");
  std::string seen;
  std::array<char, 512> piece{};
  for (pollfd master_readable{master, POLLIN, 0};
       !seen.ends_with("end\r\n") && ::poll(&master_readable, 1, 5000) > 0;)
    if (const ssize_t size = ::read(master, piece.data(), piece.size()); size > 0)
      seen.append(piece.data(), static_cast<std::size_t>(size));
  CHECK(seen == "one\r\ntwo\r\n\x1b[2A\r\x1b[Jlog\r\none\r\ntwo\r\n\x1b[2A\r\x1b[Jthree\r\nend\r\n");
  ::close(terminal);
  ::close(master);
}

TEST_CASE("an answer that can't be written is an error, one that nobody reads is not") {
  captured err;
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  output to_full(full);
  const console c{-1, to_full, err.to()};
  CHECK_THROWS_WITH_AS(c.answer("text"), "standard output can't be written: No space left on device",
                       refusal);
  ::close(full);
  slow_pipe pipe;
  output to_nobody(pipe.ends[1]);
  pipe.close_reader();
  const console gone{-1, to_nobody, err.to()};
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  CHECK_NOTHROW(gone.answer("text"));
  std::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace lastcall::app
