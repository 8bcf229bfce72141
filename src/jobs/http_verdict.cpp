#include "jobs/http_verdict.hpp"

#include "base/encoding.hpp"
#include "jobs/checkpoint_in_json.hpp"
#include "jobs/retry_after.hpp"

namespace lastcall::jobs {
namespace {

constexpr std::size_t longest_quote = 200;

std::string describe(const http::response& answer) {
  std::string text = "answered " + std::to_string(answer.status);
  if (answer.status >= 300 && answer.status < 400) {
    text += ", a redirect, which is not followed; give the final URL";
    if (answer.headers.has("Location"))
      text += ": " + printable(answer.headers.get("Location"), longest_quote);
  } else if (!answer.body.empty()) {
    text += ": " + printable(answer.body, longest_quote);
  }
  return text;
}

}  // namespace

outcome judge(const http::response& answer, std::chrono::system_clock::time_point now) {
  if (answer.status >= 200 && answer.status < 300) return outcome::done();
  const auto after = parse_retry_after(answer.headers.get("Retry-After"), now);
  if (answer.status == 429 || answer.status == 503) return outcome::retry(describe(answer), after);
  return outcome::failed(describe(answer), after);
}

outcome judge(const error& problem, stop_reason told) {
  switch (problem.kind) {
    case error_kind::cancelled:
      if (told == stop_reason::time_limit)
        return outcome::retry("over its time limit: the request was given up");
      return outcome::stopped("told to stop: the request was given up");
    // Nobody answers, or not now: an endpoint that is being deployed, the worker's own machine without
    // descriptors.
    case error_kind::timeout:
    case error_kind::network:
    case error_kind::io:
      return outcome::retry(problem.message);
    case error_kind::tls:
    case error_kind::protocol:
    case error_kind::service:
    case error_kind::invalid:
      break;
  }
  return outcome::failed(problem.message);
}

std::optional<std::string> checkpoint_in(const http::response& answer) {
  if (answer.headers.has("X-Lastcall-Checkpoint"))
    return std::string(answer.headers.get("X-Lastcall-Checkpoint"));
  return checkpoint_in_json(answer.body);
}

}  // namespace lastcall::jobs
