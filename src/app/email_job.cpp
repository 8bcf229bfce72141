#include "app/email_job.hpp"

#include "app/exit_code.hpp"
#include "mail/memory_ledger.hpp"
#include "mail/smtp_server.hpp"
#include "mail/sqlite_ledger.hpp"
#include "runtime/tcp.hpp"

namespace lastcall::app {

namespace asio = boost::asio;

namespace {

class email_job final : public shard_job {
 public:
  email_job(const asio::any_io_executor& strand, std::shared_ptr<mail::ledger> ledger,
            const jobs::email_options& options)
      : ledger_(std::move(ledger)), dialer_(make_tcp_dialer(real_clock())) {
    auto made = jobs::make_email(strand, real_clock(), *dialer_, *ledger_, options);
    if (!made) throw refusal(exit_config, made.error().message);
    handler_ = std::move(*made);
  }
  lastcall::handler& handler() override { return *handler_; }
  asio::awaitable<void> close() override { return handler_->close(); }

 private:
  std::shared_ptr<mail::ledger> ledger_;
  std::unique_ptr<dialer> dialer_;
  std::unique_ptr<jobs::email_handler> handler_;
};

struct email_settings {
  jobs::email_options job;
  std::string ledger;
  std::string in_doubt{"resend"};
};

std::shared_ptr<mail::ledger> open_ledger(const std::string& path) {
  if (path.empty()) return std::make_shared<mail::memory_ledger>();
  auto opened = mail::sqlite_ledger::in_file(path);
  if (!opened) throw refusal(exit_config, "--ledger: " + opened.error().message);
  return std::move(*opened);
}

option smtp_option(std::string& into) {
  const auto parse = [](const std::string& text) -> result<std::string> {
    if (const auto server = mail::parse_smtp_server(text); !server) return server.error();
    return text;
  };
  return {.name = "smtp",
          .value_name = "URL",
          .help =
              "smtp://host:port, with STARTTLS where the server offers it; smtps:// for TLS from the first "
              "byte; ?starttls=required or never to insist.",
          .set = stores(into, parse)};
}

option_group server_options(jobs::email_options& o) {
  return {"The mail server",
          {smtp_option(o.smtp), text_option("smtp-user", "NAME", o.user, "For AUTH."),
           text_option("smtp-password", "TEXT", o.password,
                       "For AUTH; safer as a variable than on the command line, which others can read."),
           text_option("ehlo-name", "NAME", o.ehlo_name,
                       "What the worker calls itself; else the machine's name."),
           count_option("smtp-connections", o.max_connections, 1, 1000, "At once, in each thread; reused.")}};
}

option_group mail_options(email_settings& s) {
  return {
      "The emails",
      {text_option("from", "ADDRESS", s.job.from, "For emails that name no sender."),
       text_option("attachments", "FOLDER", s.job.attachments,
                   "Attachments given as a path are read from below this folder. Without it there are none."),
       count_option("max-email-bytes", s.job.max_message_bytes, 1024, 1ULL << 30,
                    "Larger emails are failed jobs. Counted as sent, attachments encoded."),
       text_option(
           "ledger", "FILE", s.ledger,
           "A SQLite file that remembers what was sent, so that an email goes out once also after a crash. "
           "Without it that is remembered while the process lives."),
       choice_option(
           "in-doubt", {"resend", "fail"}, s.in_doubt,
           "An email whose acceptance was never answered is sent again, and perhaps twice; or fails, and "
           "perhaps never arrives.")}};
}

}  // namespace

make_job email_job_maker(jobs::email_options options, std::shared_ptr<mail::ledger> ledger) {
  return [options = std::move(options), ledger = std::move(ledger)](const asio::any_io_executor& strand) {
    return std::make_unique<email_job>(strand, ledger, options);
  };
}

command email_command(const run_worker& run) {
  const auto settings = std::make_shared<email_settings>();
  return {.name = "email",
          .summary = "Sends each message as an email.",
          .text =
              "Sends an email for each message, which is JSON: from, to, cc, bcc, reply_to, subject, text, "
              "html, headers, attachments, inline_images (src/jobs/email.md has the schema). Every "
              "recipient's own answer counts: a refusal that passes (4xx) is tried again for those "
              "recipients alone, one that stays (5xx) is a failed job with the server's words.",
          .arguments = "--smtp URL --queue NAME [OPTIONS]",
          .groups = {server_options(settings->job), mail_options(*settings)},
          .examples = {{"lastcall work --queue emails email --smtp smtp://localhost:1025 --from 'Shop "
                        "<shop@example.com>'",
                        "to a mail server on this machine"},
                       {"lastcall work --config ses.toml email --smtp-user AKIA…",
                        "to Amazon SES, with smtp = "
                        "\"smtp://email-smtp.eu-west-1.amazonaws.com:587?starttls=required\" in ses.toml "
                        "and the password in LASTCALL_SMTP_PASSWORD"}},
          .run = [settings, run](console& c, const environment& env) {
            if (settings->job.smtp.empty())
              throw refusal(exit_usage, "email needs a mail server: email --smtp URL");
            settings->job.resend_in_doubt = settings->in_doubt == "resend";
            return run(email_job_maker(settings->job, open_ledger(settings->ledger)), c, env);
          }};
}

}  // namespace lastcall::app
