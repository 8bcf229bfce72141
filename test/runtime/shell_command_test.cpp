#include "runtime/shell_command.hpp"

#include "support/run.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace lastcall {
namespace {

using namespace std::chrono_literals;

result<std::string> shell(const char* line, std::chrono::milliseconds within = 20s) {
  boost::asio::io_context context;
  return testing::run(context, run_shell_command(real_clock(), line, real_clock().now() + within));
}

TEST_CASE("a command line is run by the shell, and answers with what it wrote") {
  CHECK(shell("printf 'one\\n'; printf two; printf noise >&2").value() == "one\ntwo");
  CHECK(shell("cat; echo end").value() == "end\n");  // its standard input is empty
}

TEST_CASE("a command that fails says how, and what it complained of last") {
  const auto failed = shell("echo hush; echo first >&2; echo 'not logged in' >&2; exit 3");
  REQUIRE(failed.has_error());
  CHECK(failed.error().kind == error_kind::io);
  CHECK(failed.error().message == "the command ended with exit code 3: not logged in");
  CHECK(shell("kill -9 $$").error().message == "the command was ended by signal 9");
  CHECK(shell("/no/such/program").error().message.find("exit code 127") != std::string::npos);
}

TEST_CASE("a command that takes too long is killed at its deadline, its children too") {
  const auto began = std::chrono::steady_clock::now();
  for (const char* line : {"sleep 60 & sleep 60", "exec >&- 2>&-; sleep 60"}) {
    CAPTURE(std::string(line));
    CHECK(shell(line, 200ms).error().kind == error_kind::timeout);
  }
  CHECK(std::chrono::steady_clock::now() - began < 10s);
}

TEST_CASE("a command that does not stop writing is stopped") {
  CHECK(shell("yes").error().message.find("more than 1 MiB") != std::string::npos);
  CHECK(shell("yes | head -c 3000000 >&2; echo fine").value() == "fine\n");
}

TEST_CASE("a command gets no descriptor of the program") {
  CHECK(shell("ls /proc/self/fd | grep -vc '^[0123]$'; true").value() == "0\n");
}

}  // namespace
}  // namespace lastcall
