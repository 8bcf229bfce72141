#include "worker/options.hpp"

#include "base/duration.hpp"

#include <string>

namespace lastcall::worker {
namespace {

error refuse(std::string text) { return {error_kind::invalid, "", std::move(text)}; }

}  // namespace

std::optional<error> check(const options& o) {
  if (o.concurrency < 1 || o.concurrency > 120'000)  // SQS: in flight per queue
    return refuse("--concurrency must be from 1 to 120000, not " + std::to_string(o.concurrency));
  if (o.pollers < 1 || o.pollers > 100)
    return refuse("--pollers must be from 1 to 100, not " + std::to_string(o.pollers));
  if (o.wait < 0s || o.wait > 20s)
    return refuse("--wait must be from 0s to 20s, as SQS takes it, not " + format_duration(o.wait));
  if (o.visibility < 1s || o.visibility > 12h)
    return refuse("--visibility must be from 1s to 12h, as SQS takes it, not " +
                  format_duration(o.visibility));
  if (o.grace <= 0s) return refuse("--grace must be longer than nothing");
  if (o.reserve <= 0s || o.reserve >= o.grace)
    return refuse("--reserve (" + format_duration(o.reserve) +
                  ") must be longer than nothing and shorter than --grace (" + format_duration(o.grace) +
                  "): it is the end of the grace period, kept for releasing what is cut");
  if (o.job_timeout < 0s) return refuse("--job-timeout must not be negative");
  if (o.retry.base <= 0s || o.retry.cap < o.retry.base || o.retry.cap >= 12h)
    return refuse("--retry-base must be longer than nothing, and --retry-max at least as long and below 12h");
  return std::nullopt;
}

}  // namespace lastcall::worker
