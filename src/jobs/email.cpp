#include "jobs/email.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "jobs/email_folder.hpp"
#include "jobs/email_request.hpp"
#include "jobs/email_verdict.hpp"
#include "mail/address.hpp"
#include "mail/ascii.hpp"
#include "mail/message.hpp"
#include "mail/smtp_client.hpp"
#include "runtime/tls.hpp"

#include <algorithm>
#include <optional>
#include <unistd.h>
#include <utility>

namespace lastcall::jobs {
namespace asio = boost::asio;
namespace {

/// RFC 5321 §4.5.3.1.8 asks servers for 100 recipients a transaction; Amazon SES takes 50.
constexpr std::size_t recipients_at_once = 50;

/// Puts on record that recipients are about to be sent to.
class claim final : public mail::delivery_guard {
 public:
  claim(mail::ledger& ledger, const job& job) : ledger_(ledger), job_(job) {}

  asio::awaitable<result<void>> before_final_dot(std::vector<std::string> recipients) override {
    std::string id = job_.message().id;
    std::vector<std::string> copy = recipients;
    const auto claimed = co_await ledger_.claim(std::move(id), std::move(copy));
    if (!claimed) co_return claimed.error();
    if (!*claimed) co_return error{error_kind::cancelled, "", "another worker is sending it right now"};
    claimed_ = std::move(recipients);
    co_return result<void>();
  }
  std::optional<steady_time> stop_by() const noexcept override {
    if (job_.stopping() == stop_reason::none) return std::nullopt;
    return job_.stop_deadline();
  }
  const std::vector<std::string>& recipients() const noexcept { return claimed_; }

 private:
  mail::ledger& ledger_;
  const job& job_;
  std::vector<std::string> claimed_;
};

class smtp_handler final : public email_handler {
 public:
  smtp_handler(const asio::any_io_executor& executor, clock& clock, dialer& dialer, mail::ledger& ledger,
               mail::smtp_server server, const mail::smtp_client_options& client,
               std::optional<email_folder> folder, const email_options& options)
      : clock_(clock),
        ledger_(ledger),
        client_(executor, clock, dialer, std::move(server), client),
        folder_(std::move(folder)),
        options_(options) {}

  asio::awaitable<outcome> run(job& job) override {
    if (job.stopping() != stop_reason::none) co_return outcome::stopped("told to stop before it began");
    auto request = read_email_request(job.message().body, options_.from);
    if (!request) co_return outcome::failed(request.error().message);
    job.drop_body();  // the request has what it needs
    mail::envelope envelope = mail::envelope_of(request->email);
    std::string id = job.message().id;
    const auto page = co_await ledger_.open(std::move(id), clock_.wall_now());
    if (!page) co_return not_on_record(job, page.error());
    email_progress progress = recall(envelope.recipients, *page, options_.resend_in_doubt);
    if (!progress.due.empty()) {
      const auto slot = co_await client_.enter();
      if (slot && job.stopping() == stop_reason::none) {
        const auto message =
            build(std::move(*request), {message_id_of(job.message().id, envelope), page->date});
        if (!message) co_return outcome::failed(message.error().message);
        co_await send(job, *slot, std::move(envelope), *message, progress);
      }
    }
    co_return judge(progress.results, job.stopping(), options_.resend_in_doubt);
  }

  asio::awaitable<void> close() override { return client_.stop(); }

 private:
  result<std::string> build(email_request request, const mail::message_identity& identity) const {
    std::size_t left = options_.max_message_bytes;
    for (const email_request::file& file : request.files) {
      if (!folder_)
        return refuse(file.field, "files can't be attached: the worker has no --attachments folder");
      auto content = folder_->read(file.path, left);
      if (!content) return refuse(file.field, content.error().message);
      left -= content->size();
      request.content_of(file) = std::move(*content);
    }
    auto message = mail::build_message(request.email, identity);
    if (message && message->size() > options_.max_message_bytes)
      return refuse("the message", "has " + std::to_string(message->size()) +
                                       " bytes, and the worker's limit is " +
                                       std::to_string(options_.max_message_bytes));
    return message;
  }

  /// Sends to those who are due, a transaction for each group, and puts each group on record. Where one group
  /// comes to nothing, the next would not fare better.
  asio::awaitable<void> send(job& job, const mail::smtp_client::slot& slot, mail::envelope envelope,
                             const std::string& message, email_progress& progress) {
    for (std::size_t first = 0; first < progress.due.size(); first += recipients_at_once) {
      if (job.stopping() != stop_reason::none) co_return;
      const std::size_t end = std::min(first + recipients_at_once, progress.due.size());
      envelope.recipients.clear();
      for (std::size_t i = first; i < end; ++i)
        envelope.recipients.push_back(progress.results[progress.due[i]].address);
      claim guard(ledger_, job);
      mail::envelope group = envelope;
      mail::delivery attempt = co_await client_.send(slot, std::move(group), message, guard);
      co_await record(job, attempt, guard.recipients());
      for (std::size_t i = first; i < end; ++i)
        progress.results[progress.due[i]] = with_step(attempt[i - first]);
      if (std::all_of(attempt.begin(), attempt.end(), is_not_sent)) co_return;
    }
  }

  /// The outcome must not be lost to a moment's trouble with the ledger: what is not recorded is sent twice.
  asio::awaitable<void> record(const job& job, const mail::delivery& attempt,
                               const std::vector<std::string>& claimed) {
    const auto outcomes = to_record(attempt, claimed);
    if (outcomes.empty()) co_return;
    for (int tries = 1;; ++tries) {
      std::string id = job.message().id;
      auto copy = outcomes;
      const auto settled = co_await ledger_.settle(std::move(id), std::move(copy));
      if (settled) break;
      if (tries == 3) {
        log::error("what became of a mail could not be put on record",
                   {{"message_id", job.message().id}, {"why", settled.error().message}});
        break;
      }
      co_await sleep_for(clock_, std::chrono::milliseconds(200));
    }
    for (const auto& [address, entry] : outcomes)
      if (entry.state == mail::ledger_state::in_doubt)
        log::warning("mail in doubt",
                     {{"message_id", job.message().id}, {"recipient", address}, {"why", entry.words}});
  }

  outcome not_on_record(const job& job, const error& why) const {
    log::error("mail not sent: its ledger does not work",
               {{"message_id", job.message().id}, {"why", why.message}});
    return outcome::retry(why.message);
  }

  static bool is_not_sent(const mail::recipient_result& r) {
    return r.status == mail::delivery_status::not_sent;
  }

  static error refuse(const std::string& field, const std::string& why) {
    return {error_kind::invalid, "", field + ": " + why};
  }

  /// The words say what they answer, where it was the server that spoke in a transaction.
  static mail::recipient_result with_step(mail::recipient_result r) {
    const bool is_reply =
        r.status == mail::delivery_status::refused || r.status == mail::delivery_status::later;
    if (is_reply && r.step != mail::smtp_step::connect)
      r.words += " (in reply to " + std::string(mail::name_of(r.step)) + ")";
    return r;
  }

  clock& clock_;
  mail::ledger& ledger_;
  mail::smtp_client client_;
  std::optional<email_folder> folder_;
  const email_options options_;
};

/// The machine's name if it can stand in a greeting (RFC 5321 §4.1.4 asks for the best that is known).
std::string machine_name() {
  char name[256] = {};
  const bool is_known = ::gethostname(name, sizeof name - 1) == 0 && mail::is_domain(name);
  return is_known ? name : "localhost";
}

error refuse_option(const std::string& option, const std::string& why) {
  return {error_kind::invalid, "", option + ": " + why};
}

/// The server as the options give it, its certificates readable.
result<mail::smtp_server> server_of(const email_options& options) {
  if (options.smtp.empty())
    return refuse_option("--smtp", "give the mail server's URL, as in smtp://relay.example.com:587");
  auto server = mail::parse_smtp_server(options.smtp);
  if (!server) return refuse_option("--smtp", server.error().message);
  if (!options.user.empty()) server->user = options.user;
  if (!options.password.empty()) server->password = options.password;
  if (server->user.empty() && !server->password.empty())
    return refuse_option("--smtp-password", "there is no user that it belongs to");
  if (!server->user.empty() && server->password.empty())
    return refuse_option("--smtp-user", "there is no password for it: set LASTCALL_SMTP_PASSWORD");
  if (mail::has_control(server->user + server->password))
    return refuse_option("--smtp-user", "user or password holds a control character");
  if (!server->ca_file.empty())
    if (const auto trusted = tls_context::for_client(server->ca_file, "ca_file"); !trusted)
      return refuse_option("--smtp", trusted.error().message);
  return server;
}

}  // namespace

result<std::unique_ptr<email_handler>> make_email(const asio::any_io_executor& executor, clock& clock,
                                                  dialer& dialer, mail::ledger& ledger,
                                                  const email_options& options) {
  auto server = server_of(options);
  if (!server) return server.error();
  if (!options.from.empty())
    if (auto from = mail::parse_mailbox(options.from); !from)
      return refuse_option("--from", from.error().message);
  if (!options.ehlo_name.empty() && !mail::is_domain(options.ehlo_name))
    return refuse_option("--ehlo-name", "'" + printable(options.ehlo_name) + "' is not a domain name");
  if (options.max_connections == 0) return refuse_option("--smtp-connections", "there must be at least one");
  std::optional<email_folder> folder;
  if (!options.attachments.empty()) {
    auto opened = email_folder::open(options.attachments);
    if (!opened) return refuse_option("--attachments", opened.error().message);
    folder = std::move(*opened);
  }
  mail::smtp_client_options client;
  client.ehlo_name = options.ehlo_name.empty() ? machine_name() : options.ehlo_name;
  client.max_connections = options.max_connections;
  return std::make_unique<smtp_handler>(executor, clock, dialer, ledger, std::move(*server), client,
                                        std::move(folder), options);
}

}  // namespace lastcall::jobs
