#include "app/checkpoints.hpp"
#include "app/connection.hpp"
#include "app/exit_code.hpp"
#include "app/foreground.hpp"
#include "app/job_commands.hpp"
#include "app/program.hpp"
#include "app/queue_check.hpp"
#include "app/report_delivery.hpp"
#include "app/stop_signals.hpp"
#include "app/worker_options.hpp"
#include "app/worker_process.hpp"
#include "base/log.hpp"

namespace lastcall::app {
namespace {

struct work_settings {
  connection_settings connection;
  queue_settings queue;
  worker_settings worker;
};

int work(const work_settings& s, const make_job& job, console& c, const environment& env) {
  s.queue.require();
  const worker::options options = checked_options(s.worker);
  const report_delivery report(c.out, s.worker.report);
  const aws::session session = resolve(s.connection, s.queue, env);

  foreground start;
  found_queue queue;
  {
    connection first(start.executor(), session);
    start.run(find_queue(first.sqs(), session, s.connection, s.queue, queue));
  }
  if (start.signal() != 0) {
    report.deliver(nothing_done(start.signal()));
    hold_stop_signals();
    return exit_ok;
  }
  for (const std::string& warning : warnings_about(queue))
    log::warning(warning, {{"queue", s.queue.shown()}});

  worker_process process(s.worker, options, shards_of(session, queue.url, job), start);
  log::info("working", {{"queue", s.queue.shown()},
                        {"endpoint", session.endpoint_url},
                        {"region", session.region},
                        {"concurrency", options.concurrency * s.worker.threads}});
  const int exit = process.supervisor().run([&](const worker::report& r) { report.deliver(r); });
  hold_stop_signals();
  return exit;
}

constexpr const char* what_it_does =
    "Messages whose job succeeded are deleted, others come again. On SIGTERM or SIGINT nothing more is "
    "received, running jobs finish within --grace, and the report says what became of every message. A "
    "second signal cuts the jobs, a third exits at once; SIGUSR1 only stops receiving. The queue must "
    "exist: nothing is created in AWS.";

/// What a worker is told, whatever its job.
std::vector<option_group> groups_of(work_settings& s) {
  std::vector<option_group> all{queue_options(s.queue), connection_options(s.connection)};
  for (option_group& group : worker_option_groups(s.worker))
    all.push_back(std::move(group));
  return all;
}

}  // namespace

command work_command() {
  const auto settings = std::make_shared<work_settings>();
  const run_worker run = [settings](const make_job& job, console& c, const environment& env) {
    return work(*settings, job, c, env);
  };
  return {
      .name = "work",
      .summary = "Runs a job for each message of an SQS queue.",
      .text = std::string("Runs JOB for each message of a queue. ") + what_it_does,
      .arguments = "--queue NAME | --queue-url URL [OPTIONS] JOB [OPTIONS OF THE JOB]",
      .groups = groups_of(*settings),
      .child_title = "JOB",
      .children = job_commands(run),
      .examples = {
          {"lastcall work --queue jobs --concurrency 20 exec -- ./process-order",
           "on AWS, as the environment says"},
          {"lastcall work --queue jobs --endpoint-url http://localhost:4566 http --to http://localhost:8080/",
           "on LocalStack"},
          {"lastcall work --queue jobs --drain-when-empty sleep --for 0ms", "empties the queue and ends"}}};
}

command own_job_command(make_job job) {
  const auto settings = std::make_shared<work_settings>();
  const auto checkpoints = std::make_shared<std::string>();
  std::vector<option_group> groups = groups_of(*settings);
  groups.push_back({"The job", {checkpoints_option(*checkpoints)}});
  return {.summary = "Runs its job for each message of an SQS queue.",
          .text = std::string("Runs a job for each message of a queue. ") + what_it_does,
          .arguments = "--queue NAME | --queue-url URL [OPTIONS]",
          .groups = std::move(groups),
          .run = [settings, checkpoints, job = std::move(job)](console& c, const environment& env) {
            return work(*settings, with_checkpoints(*checkpoints, job), c, env);
          }};
}

}  // namespace lastcall::app
