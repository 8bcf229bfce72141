#include "jobs/exec_verdict.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace lastcall;
using namespace std::chrono_literals;
using jobs::exec_ending;
using jobs::exit_status;
using jobs::judge;

namespace {

exec_ending exited(int code) { return {.status = exit_status{exit_status::kind::exited, code}}; }
exec_ending signalled(int number) { return {.status = exit_status{exit_status::kind::signalled, number}}; }

}  // namespace

TEST_CASE("exit 0 is done") { CHECK(judge(exited(0)).what == outcome::kind::done); }

TEST_CASE("exit 75 is tried again") {
  const outcome o = judge(exited(75));
  CHECK(o.what == outcome::kind::retry);
  CHECK(!o.retry_after);
}

TEST_CASE("any other exit is a failure that names the code and quotes the last line of standard error") {
  exec_ending ending = exited(3);
  ending.last_error = "no such \x1b[31mcustomer";
  const outcome o = judge(ending);
  CHECK(o.what == outcome::kind::failed);
  CHECK(o.reason == "exit 3: no such \\x1b[31mcustomer");
}

TEST_CASE("a long last line is quoted in part") {
  exec_ending ending = exited(1);
  ending.last_error = std::string(5000, 'x');
  CHECK(judge(ending).reason.size() < 250);
}

TEST_CASE("a command that a signal ended has failed, and the signal is named") {
  CHECK(judge(signalled(SIGSEGV)).what == outcome::kind::failed);
  CHECK(judge(signalled(SIGSEGV)).reason == "killed by SIGSEGV");
  CHECK(judge(signalled(SIGRTMIN + 1)).reason == "killed by signal " + std::to_string(SIGRTMIN + 1));
  exec_ending dumped = signalled(SIGABRT);
  dumped.status->core_dumped = true;
  CHECK(judge(dumped).reason == "killed by SIGABRT (core dumped)");
}

TEST_CASE("the last line of output says when to try again, for exit 75 and for failures") {
  for (exec_ending ending : {exited(75), exited(1), signalled(SIGKILL)}) {
    ending.last_output = R"({"retry_after_s": 90, "note": "busy"})";
    CHECK(judge(ending).retry_after == 90s);
  }
  exec_ending ending = exited(75);
  ending.last_output = R"({"retry_after_s":0})";
  CHECK(judge(ending).retry_after == 0s);
}

TEST_CASE("a wish for more than SQS can grant is cut to 12 hours") {
  exec_ending ending = exited(75);
  ending.last_output = R"({"retry_after_s":43201})";
  CHECK(judge(ending).retry_after == 12h);
  ending.last_output = R"({"retry_after_s":18446744073709551615})";
  CHECK(judge(ending).retry_after == 12h);
}

TEST_CASE("a malformed wish is not granted, and the reason says what is wrong with it") {
  for (const char* value :
       {"-1", "1.5", "\"60\"", "null", "[60]", "true", "1e400", "-18446744073709551615"}) {
    CAPTURE(value);
    exec_ending ending = exited(75);
    ending.last_output = std::string(R"({"retry_after_s":)") + value + "}";
    const outcome o = judge(ending);
    CHECK(o.what == outcome::kind::retry);
    CHECK(!o.retry_after);
    if (std::string_view(value) != "1e400")
      CHECK(o.reason.find("not a whole number of seconds") != std::string::npos);
  }
}

TEST_CASE("a last line that is no such object is not a wish, and nothing is wrong with it") {
  for (const char* line :
       {"", "done", "{", "[]", "60", "{}", R"({"retry_after":60})", R"(x {"retry_after_s":60})"}) {
    CAPTURE(line);
    exec_ending ending = exited(75);
    ending.last_output = line;
    CHECK(!judge(ending).retry_after);
    CHECK(judge(ending).reason == "exit 75");
  }
}

TEST_CASE("a command that was told to stop is stopped, however it ended, and its message is not held back") {
  for (exec_ending ending : {exited(1), exited(75), signalled(SIGTERM)}) {
    ending.told = stop_reason::draining;
    ending.last_output = R"({"retry_after_s":90})";
    CHECK(judge(ending).what == outcome::kind::stopped);
    CHECK(!judge(ending).retry_after);
    ending.told = stop_reason::lease_lost;
    CHECK(judge(ending).what == outcome::kind::stopped);
  }
}

TEST_CASE("a command that was told to stop and ends with 0 has done its job") {
  exec_ending ending = exited(0);
  ending.told = stop_reason::draining;
  CHECK(judge(ending).what == outcome::kind::done);
}

TEST_CASE("a command over its time limit is tried again") {
  exec_ending ending = signalled(SIGKILL);
  ending.told = stop_reason::time_limit;
  ending.killed = true;
  const outcome o = judge(ending);
  CHECK(o.what == outcome::kind::retry);
  CHECK(o.reason == "over its time limit; killed by SIGKILL: it did not heed SIGTERM");
}

TEST_CASE("a command that did not even end when killed is stopped") {
  CHECK(judge({.told = stop_reason::draining, .killed = true}).what == outcome::kind::stopped);
}

TEST_CASE("a status that was lost is a failure, not a success") {
  const exec_ending ending{.status = exit_status{exit_status::kind::unknown}};
  CHECK(judge(ending).what == outcome::kind::failed);
}
