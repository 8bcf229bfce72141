#include "app/program.hpp"

namespace lastcall::app {
namespace {

constexpr const char* exit_codes =
    "Exit codes\n"
    "  0   everything is settled\n"
    "  64  the command line is wrong\n"
    "  65  some lines of the input could not be sent; the others were (send)\n"
    "  69  the queue can't be reached or used at start\n"
    "  70  something was left behind: the report says what, and when it becomes visible\n"
    "  71  the machine lacks a resource: threads, descriptors, memory, room on a disk\n"
    "  75  jobs were cut, and all of their messages released\n"
    "  78  the configuration is wrong\n"
    "\n"
    "Configuration\n"
    "  Every option is also an environment variable (--grace, LASTCALL_GRACE) and a key of the file\n"
    "  that --config names (grace = \"30s\"; a table such as [demo] or [email] holds for that word\n"
    "  alone). The command line wins, then the environment, then the file. An empty variable counts\n"
    "  as not set. Durations take units: 500ms, 30s, 5m, 1h30m.\n"
    "  AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SQS, the keys and the files under\n"
    "  ~/.aws are honoured as by the AWS SDKs.\n";

option_group common_options(common_settings& common, const std::string& shown_level) {
  option level = choice_option("log-level", {"debug", "info", "warning", "error"}, common.log_level,
                               "Which events are logged, on standard error.");
  level.shown_default = shown_level;
  return {"Options of every command",
          {text_option("config", "FILE", common.config_file, "A TOML file with options."), std::move(level),
           choice_option("log-format", {"text", "json"}, common.log_format, "How a line of the log looks.")}};
}

}  // namespace

command make_own_program(common_settings& common, std::string name, make_job job) {
  command made = own_job_command(std::move(job));
  made.name = std::move(name);
  made.groups.push_back(common_options(common, "info"));
  made.groups.back().title = "Other options";
  made.closing = exit_codes;
  return made;
}

command make_program(common_settings& common) {
  return {
      .name = "lastcall",
      .summary = "An Amazon SQS worker that finishes its jobs.",
      .text =
          "lastcall " LASTCALL_VERSION
          ": an Amazon SQS worker that finishes its jobs. On SIGTERM it stops receiving, lets running jobs "
          "finish within the grace period, and exits only when every message is deleted or visible again.",
      .arguments = "COMMAND [OPTIONS]",
      .groups = {common_options(common, "info; of demo, send, queue and bench: warning")},
      .child_title = "COMMAND",
      .children = {demo_command(), work_command(), serve_command(), send_command(), queue_command(),
                   bench_command()},
      .examples = {{"lastcall demo",
                    "everything in one process, no account needed: a queue, a mail server, 300 emails"},
                   {"lastcall work --queue jobs --grace 110s exec -- ./process-order",
                    "runs a program for each message of an SQS queue"},
                   {"lastcall serve", "an SQS-compatible server on this machine, for development"}},
      .closing = exit_codes};
}

}  // namespace lastcall::app
