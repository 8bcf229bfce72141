#include "app/worker_options.hpp"

#include "app/exit_code.hpp"

#include <algorithm>

namespace lastcall::app {

using namespace std::chrono_literals;

namespace {

option_group receiving(worker_settings& s) {
  worker::options& o = s.options;
  return {
      "Receiving and running",
      {count_option("concurrency", o.concurrency, 1, 120'000, "Jobs at once, in each thread."),
       count_option("pollers", o.pollers, 1, 100,
                    "Receives at once, at most, in each thread: as many are opened as the load needs."),
       count_option("threads", s.threads, 1, 256,
                    "Loops that share nothing; each has its own jobs, receives and connections."),
       seconds_option(
           "wait", o.wait, 0s, 20s,
           "How long a receive waits for messages. Shortened where the grace period has no time for it."),
       seconds_option("visibility", o.visibility, 1s, 12h,
                      "Visibility timeout of a received message. Extended at half of it while the job runs."),
       duration_option("job-timeout", o.job_timeout,
                       "A job that runs longer is told to stop, and its message comes again. 0s: no limit."),
       duration_option("retry-base", o.retry.base,
                       "How long a failed message rests before it comes again; doubled at each receive."),
       duration_option("retry-max", o.retry.cap, "The longest of these rests."),
       flag_option("drain-when-empty", o.drain_when_empty,
                   "End, as if by SIGTERM, once the queue holds nothing more: for batch runs."),
       count_option("tries-when-empty", o.tries_when_empty, 1, 1000,
                    "With --drain-when-empty: a message that failed this often is not waited for.")}};
}

option_group draining(worker_settings& s) {
  option reserve =
      duration_option("reserve", s.reserve,
                      "The end of the grace period, kept for jobs that are cut to save their state and for "
                      "their messages to be released.");
  reserve.shown_default = "2s, or half of a grace below 4s";
  return {
      "Draining",
      {duration_option("grace", s.options.grace,
                       "From the first SIGTERM or SIGINT to the exit, at most. Keep it below what kills the "
                       "process: ECS 30s (Fargate up to 120s), Kubernetes 30s, docker stop 10s."),
       std::move(reserve),
       choice_option(
           "stop-idle", {"wait", "abort"}, s.stop_idle,
           "What becomes of open receives: left to answer, or aborted, which is faster but may leave "
           "messages invisible until their visibility timeout."),
       text_option("report", "FILE", s.report, "Where the report at exit goes, beside standard output."),
       address_option("admin", s.admin, "Serves /healthz, /readyz and /metrics there.")}};
}

}  // namespace

std::vector<option_group> worker_option_groups(worker_settings& s) { return {receiving(s), draining(s)}; }

worker::options checked_options(const worker_settings& s) {
  worker::options o = s.options;
  o.abort_idle_polls = s.stop_idle == "abort";
  o.reserve = s.reserve.value_or(std::min<std::chrono::nanoseconds>(2s, o.grace / 2));
  if (const std::optional<error> wrong = worker::check(o)) throw refusal(exit_config, wrong->message);
  return o;
}

}  // namespace lastcall::app
