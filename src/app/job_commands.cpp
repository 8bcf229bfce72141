#include "app/job_commands.hpp"

#include "app/checkpoints.hpp"
#include "app/email_job.hpp"
#include "app/exit_code.hpp"
#include "jobs/exec.hpp"
#include "jobs/http.hpp"
#include "jobs/sleep.hpp"
#include "runtime/tcp.hpp"
#include "runtime/tls.hpp"

namespace lastcall::app {

namespace asio = boost::asio;

namespace {

std::unique_ptr<handler> usable(result<std::unique_ptr<handler>> made) {
  if (!made) throw refusal(exit_config, made.error().message);
  return std::move(*made);
}

/// A job that stands on nothing but its handler.
class lone_job final : public shard_job {
 public:
  explicit lone_job(std::unique_ptr<lastcall::handler> made) : handler_(std::move(made)) {}
  lastcall::handler& handler() override { return *handler_; }
  asio::awaitable<void> close() override { co_return; }

 private:
  std::unique_ptr<lastcall::handler> handler_;
};

command sleep_command(const run_worker& run) {
  const auto options = std::make_shared<jobs::sleep_options>();
  return {
      .name = "sleep",
      .summary = "Only takes time: for trials, tests and benchmarks.",
      .arguments = "--queue NAME [OPTIONS]",
      .groups =
          {{"The job",
            {duration_option("for", options->duration, "How long each job takes; 0ms is the empty job."),
             text_option("journal", "FILE", options->journal,
                         "Appends 'S <message id> <µs since the epoch>' when a job starts, and 'E …' when "
                         "it has ended by itself.")}}},
      .examples = {{"lastcall work --queue jobs sleep --for 50ms", "takes each message, waits, deletes it"}},
      .run = [options, run](console& c, const environment& env) {
        return run(
            [options](const asio::any_io_executor&) {
              return std::make_unique<lone_job>(usable(jobs::make_sleep(real_clock(), *options)));
            },
            c, env);
      }};
}

command exec_command(const run_worker& run) {
  const auto options = std::make_shared<jobs::exec_options>();
  const auto checkpoints = std::make_shared<std::string>();
  return {
      .name = "exec",
      .summary = "Runs a command for each message.",
      .text =
          "Runs a command for each message, without a shell: the body on its standard input, the message's "
          "id, receive count and attributes in its environment (LASTCALL_MESSAGE_ID, …). Exit code 0: done. "
          "75, or the job's time limit: try again. Any other: failed, and the message comes again after a "
          "rest that grows. A last line of output such as {\"retry_after_s\":30} says how long.\n"
          "When the job is cut, its process group gets SIGTERM, and SIGKILL at the end of --reserve. What "
          "it writes goes to the log with the message's id.\n"
          "Where it stands it may write into the file LASTCALL_CHECKPOINT_FILE at any time, or say in its last "
          "line of output: {\"checkpoint\":\"…\"}. Its next run finds that in the file, and in "
          "LASTCALL_CHECKPOINT.",
      .arguments = "--queue NAME [OPTIONS] -- CMD [ARG…]",
      .groups = {{"The job", {checkpoints_option(*checkpoints)}}},
      .rest = &options->command,
      .examples = {{"lastcall work --queue jobs --grace 110s exec -- ./process-order --fast",
                    "runs ./process-order for each message; what stands after -- is the command's"}},
      .run = [options, checkpoints, run](console& c, const environment& env) {
        if (options->command.empty())
          throw refusal(exit_usage, "exec needs the command to run: exec -- CMD [ARG…]");
        const make_job plain = [options](const asio::any_io_executor&) {
          return std::make_unique<lone_job>(usable(jobs::make_exec(real_clock(), *options)));
        };
        return run(with_checkpoints(*checkpoints, plain), c, env);
      }};
}

/// The http job with a client of its own: it trusts the system's certificates, whatever AWS_CA_BUNDLE says of
/// AWS's.
class http_job final : public shard_job {
 public:
  http_job(const asio::any_io_executor& strand, const jobs::http_options& options)
      : dialer_(make_tcp_dialer(real_clock())),
        tls_(tls_context::for_client().value()),
        client_(strand, real_clock(), *dialer_, tls_.get()),
        handler_(usable(jobs::make_http(client_, real_clock(), options))) {}
  lastcall::handler& handler() override { return *handler_; }
  asio::awaitable<void> close() override {
    client_.close();
    co_return;
  }

 private:
  std::unique_ptr<dialer> dialer_;
  std::unique_ptr<tls_context> tls_;
  http::client client_;
  std::unique_ptr<lastcall::handler> handler_;
};

/// "Name: value", as in a request.
option header_option(http::headers& into) {
  return {.name = "header",
          .value_name = "'NAME: VALUE'",
          .help = "Added to every request.",
          .repeatable = true,
          .set = [&into](const std::string& text) -> result<void> {
            const std::size_t colon = text.find(':');
            const std::size_t value =
                text.find_first_not_of(" \t", colon == std::string::npos ? colon : colon + 1);
            if (colon == std::string::npos || colon == 0)
              return error{error_kind::invalid, "", "write a header as 'Name: value'"};
            into.add(text.substr(0, colon), value == std::string::npos ? "" : text.substr(value));
            return {};
          }};
}

command http_command(const run_worker& run) {
  const auto options = std::make_shared<jobs::http_options>();
  const auto checkpoints = std::make_shared<std::string>();
  return {
      .name = "http",
      .summary = "Posts each message to an HTTP endpoint.",
      .text =
          "Posts each message's body to an HTTP endpoint, with headers in the manner of Elastic Beanstalk's "
          "sqsd (X-Aws-Sqsd-Msgid, X-Aws-Sqsd-Receive-Count, X-Aws-Sqsd-Attr-…). 2xx: done. 429, 503 and no "
          "answer: try again. Any other: failed. The message comes again when Retry-After says, or after a "
          "rest that grows. An answer's X-Lastcall-Checkpoint header comes back with the next request.",
      .arguments = "--to URL --queue NAME [OPTIONS]",
      .groups = {{"The job",
                  {url_option("to", "http|https", options->to,
                              "Where to. A user and a password in it are sent as Basic authentication."),
                   text_option("content-type", "TYPE", options->content_type, "Of the body."),
                   header_option(options->headers),
                   duration_option("timeout", options->timeout, "For the whole answer to one message."),
                   checkpoints_option(*checkpoints)}}},
      .examples = {{"lastcall work --queue jobs http --to http://127.0.0.1:8080/jobs",
                    "for an application beside the worker, in any language"}},
      .run = [options, checkpoints, run](console& c, const environment& env) {
        if (options->to.empty()) throw refusal(exit_usage, "http needs an endpoint: http --to URL");
        const make_job plain = [options](const asio::any_io_executor& strand) {
          return std::make_unique<http_job>(strand, *options);
        };
        return run(with_checkpoints(*checkpoints, plain), c, env);
      }};
}

}  // namespace

std::vector<command> job_commands(const run_worker& run) {
  return {email_command(run), exec_command(run), http_command(run), sleep_command(run)};
}

}  // namespace lastcall::app
