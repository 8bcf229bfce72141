#include "jobs/exec_verdict.hpp"

#include "base/encoding.hpp"
#include "jobs/retry_after.hpp"

#include <nlohmann/json.hpp>

#include <cstring>

namespace lastcall::jobs {
namespace {

constexpr int exit_try_again = 75;
constexpr std::size_t longest_quote = 200;

std::string name_of_signal(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(number);
}

std::string describe(const exit_status& status) {
  switch (status.how) {
    case exit_status::kind::exited:
      return "exit " + std::to_string(status.code);
    case exit_status::kind::signalled:
      return "killed by " + name_of_signal(status.code) + (status.core_dumped ? " (core dumped)" : "");
    case exit_status::kind::unknown:
      break;
  }
  return "its exit status was lost: something in the worker's process reaped it";
}

/// What the last line of output asks for, and what is wrong with it if that can't be granted.
struct wish {
  std::optional<std::chrono::seconds> retry_after;
  std::string complaint;
};

wish wish_of(const std::string& last_line) {
  const auto json = nlohmann::json::parse(last_line, nullptr, false);
  if (!json.is_object()) return {};
  const auto asked = json.find("retry_after_s");
  if (asked == json.end()) return {};
  if (!asked->is_number_unsigned())
    return {{}, "retry_after_s is not a whole number of seconds: " + printable(asked->dump(), 40)};
  return {at_most_longest_delay(asked->get<std::uint64_t>()), {}};
}

}  // namespace

outcome judge(const exec_ending& ending) {
  if (!ending.status) return outcome::stopped("it did not end although it was killed");
  const exit_status& status = *ending.status;
  if (status == exit_status{}) return outcome::done();

  if (ending.told != stop_reason::none) {
    const std::string how =
        describe(status) + (ending.killed ? ": it did not heed SIGTERM" : " after SIGTERM");
    if (ending.told == stop_reason::time_limit) return outcome::retry("over its time limit; " + how);
    return outcome::stopped(how);
  }

  const wish asked = wish_of(ending.last_output);
  std::string reason = describe(status);
  if (!ending.last_error.empty()) reason += ": " + printable(ending.last_error, longest_quote);
  if (!asked.complaint.empty()) reason += " (" + asked.complaint + ")";
  if (status == exit_status{exit_status::kind::exited, exit_try_again})
    return outcome::retry(std::move(reason), asked.retry_after);
  return outcome::failed(std::move(reason), asked.retry_after);
}

}  // namespace lastcall::jobs
