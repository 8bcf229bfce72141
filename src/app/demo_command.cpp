#include "app/batch_sender.hpp"
#include "app/connection.hpp"
#include "app/demo_jobs.hpp"
#include "app/demo_servers.hpp"
#include "app/email_job.hpp"
#include "app/exit_code.hpp"
#include "app/foreground.hpp"
#include "app/live_view.hpp"
#include "app/program.hpp"
#include "app/report_delivery.hpp"
#include "app/stop_signals.hpp"
#include "app/worker_options.hpp"
#include "app/worker_process.hpp"
#include "mail/memory_ledger.hpp"

#include <boost/asio/this_coro.hpp>
#include <nlohmann/json.hpp>

namespace lastcall::app {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

struct demo_settings {
  demo_settings() {
    // Ctrl-C in the idle demo should not take the time of a long poll.
    worker.options.wait = 2s;
  }
  std::size_t jobs{300};
  std::string maildir;
  worker_settings worker;
};

/// How the demo's own client and worker reach its server, whatever the environment says.
aws::session session_for(const std::string& endpoint_url) {
  const connection_settings here{.endpoint_url = endpoint_url, .region = "us-east-1", .profile = {}};
  return resolve(here, {}, {{"AWS_ACCESS_KEY_ID", "demo"}, {"AWS_SECRET_ACCESS_KEY", "demo"}});
}

template <class T>
T value_or_refuse(result<T> from) {
  if (!from) throw refusal(exit_unavailable, from.error().message);
  return std::move(*from);
}

/// Makes the queue and fills it, over HTTP like everyone.
class filling {
 public:
  filling(foreground& loop, const aws::session& session, output& err)
      : connection_(loop.executor(), session), executor_(loop.executor()), err_(err) {}

  asio::awaitable<void> run(std::size_t jobs) {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
    std::string dead_name = "demo-dead";
    sqs::attribute_map no_attributes;
    const std::string dead_arn = co_await create(std::move(dead_name), std::move(no_attributes));
    const nlohmann::json policy{{"deadLetterTargetArn", dead_arn}, {"maxReceiveCount", 5}};
    sqs::attribute_map attributes{{"RedrivePolicy", policy.dump()}};
    std::string name = "demo";
    co_await create(std::move(name), std::move(attributes));
    batch_sender sender(executor_, real_clock(), connection_.chance(), connection_.sqs(), queue_url_, 4);
    for (std::size_t i = 0; i < jobs && !sender.is_broken(); ++i) {
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) break;
      if (i % 1000 == 0) err_.block({"sent " + std::to_string(i) + " of " + std::to_string(jobs)});
      sqs::outgoing message;
      message.body = demo_job(i);
      co_await sender.add(std::move(message), i);
    }
    co_await sender.finish();
    err_.block({});
    sent_ = sender.sent();
    const auto failures = sender.failures();
    if (!failures.empty()) throw refusal(exit_unavailable, failures.front().why.message);
  }
  const std::string& queue_url() const noexcept { return queue_url_; }
  std::uint64_t sent() const noexcept { return sent_; }

 private:
  /// Creates a queue, keeps its URL, answers its ARN.
  asio::awaitable<std::string> create(std::string name, sqs::attribute_map attributes) {
    const steady_time deadline = real_clock().now() + 10s;
    auto url = co_await connection_.sqs().create_queue(std::move(name), std::move(attributes), deadline);
    queue_url_ = value_or_refuse(std::move(url));
    std::string asked = queue_url_;
    std::vector<std::string> wanted{"QueueArn"};
    auto answer = co_await connection_.sqs().queue_attributes(std::move(asked), std::move(wanted), deadline);
    sqs::attribute_map known = value_or_refuse(std::move(answer));
    co_return known["QueueArn"];
  }

  connection connection_;
  asio::any_io_executor executor_;
  output& err_;
  std::string queue_url_;
  std::uint64_t sent_{0};
};

/// What the person before the screen sees at this moment. On the servers' loop.
progress look(const worker::supervisor& supervisor, demo_servers& servers, const std::string& queue_url,
              std::uint64_t total, bool ends_by_itself) {
  const worker_status status = status_of(supervisor);
  const embedded_queue_server::depth depth = servers.depth_of(queue_url);
  progress p;
  p.state = status.state;
  p.total = total;
  p.queued = depth.queued;
  p.in_flight = depth.in_flight;
  p.done = status.sums.jobs_done;
  p.failed = status.sums.jobs_failed + status.sums.jobs_retried;
  p.is_idle =
      !ends_by_itself && status.state == worker::drain_state::running && depth.queued + depth.in_flight == 0;
  return p;
}

int demo(const demo_settings& s, console& c) {
  const worker::options options = checked_options(s.worker);
  const report_delivery report(c.out, s.worker.report);
  foreground start;
  background loop;
  demo_servers servers(loop, s.maildir);
  const aws::session session = session_for(servers.endpoint_url());
  c.err.line("lastcall demo: a queue server at " + servers.endpoint_url() + ", a mail server at " +
             servers.smtp_url() + ", a worker between them");
  c.err.line("sending " + std::to_string(s.jobs) + " email jobs to the queue 'demo'; the mail will be in " +
             servers.mail_folder());
  filling queue(start, session, c.err);
  start.run(queue.run(s.jobs));
  if (start.signal() != 0) {
    report.deliver(nothing_done(start.signal()));
    hold_stop_signals();
    return exit_ok;
  }

  jobs::email_options email;
  email.smtp = servers.smtp_url() + "?starttls=never";
  email.ehlo_name = "localhost";
  worker_process process(
      s.worker, options,
      shards_of(session, queue.queue_url(),
                email_job_maker(std::move(email), std::make_shared<mail::memory_ledger>())),
      start);
  auto view = running<live_view>::start(loop, [&]() -> result<std::unique_ptr<live_view>> {
    return std::make_unique<live_view>(loop.executor(), c.err, [&] {
      return look(process.supervisor(), servers, queue.queue_url(), queue.sent(), options.drain_when_empty);
    });
  });
  const int exit = process.supervisor().run([&](const worker::report& r) {
    (*view).reset();
    report.deliver(r);
  });
  hold_stop_signals();
  c.err.line(std::to_string(servers.emails_kept()) + " emails are in " + servers.mail_folder() +
             " (a maildir: mutt -f opens it, and each file in new/ is an email)");
  return exit;
}

}  // namespace

command demo_command() {
  const auto settings = std::make_shared<demo_settings>();
  command made{
      .name = "demo",
      .summary = "Shows everything in one process: no account and no other server needed.",
      .text =
          "Starts an SQS-compatible server, a mail server that keeps what it is given, and a worker between "
          "them; sends a mix of email jobs to the queue over HTTP, and shows how the worker delivers them "
          "over SMTP. Ctrl-C shows the drain and ends with the report; with --drain-when-empty it ends by "
          "itself.",
      .arguments = "[OPTIONS]",
      .groups = {{"The demo",
                  {count_option("jobs", settings->jobs, 0, 1'000'000, "Emails to send."),
                   text_option(
                       "maildir", "FOLDER", settings->maildir,
                       "Where the mail is kept, also after the end. Else in a new temporary folder.")}}},
      .examples = {{"lastcall demo", "watch it; press Ctrl-C at any moment"},
                   {"lastcall demo --drain-when-empty --jobs 1000 --report report.json",
                    "ends when all is delivered"}},
      .log_level = "warning",
      .run = [settings](console& c, const environment&) { return demo(*settings, c); }};
  for (option_group& group : worker_option_groups(settings->worker))
    made.groups.push_back(std::move(group));
  return made;
}

}  // namespace lastcall::app
