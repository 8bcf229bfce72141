#include "jobs/email.hpp"

#include "jobs/captured_log.hpp"
#include "jobs/job_run.hpp"
#include "jobs/scratch_folder.hpp"
#include "mail/catcher.hpp"
#include "mail/memory_ledger.hpp"
#include "support/manual_clock.hpp"
#include "support/memory_network.hpp"
#include "support/scripted_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

using namespace lastcall;
using namespace lastcall::jobs;
using namespace lastcall::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using kind = outcome::kind;

namespace {

const std::string to_bob =
    R"({"from":"ada@example.com","to":"bob@example.org","subject":"Hi","text":"Hello"})";
const std::string to_three =
    R"({"from":"ada@example.com","to":["bob@example.org","carol@example.org"],"bcc":"dave@example.org","text":"Hello"})";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// A ledger that can be made to fail.
class fragile_ledger final : public mail::ledger {
 public:
  asio::awaitable<result<mail::ledger_page>> open(std::string job, wall_time now) override {
    if (fails_to_open) co_return trouble();
    co_return co_await memory_.open(std::move(job), now);
  }
  asio::awaitable<result<bool>> claim(std::string job, std::vector<std::string> recipients) override {
    ++claims;
    if (fails_to_claim) co_return trouble();
    co_return co_await memory_.claim(std::move(job), std::move(recipients));
  }
  asio::awaitable<result<void>> settle(std::string job,
                                       std::map<std::string, mail::ledger_entry> outcomes) override {
    if (settles_to_fail > 0) {
      --settles_to_fail;
      co_return trouble();
    }
    co_return co_await memory_.settle(std::move(job), std::move(outcomes));
  }

  bool fails_to_open{false};
  bool fails_to_claim{false};
  int settles_to_fail{0};
  int claims{0};

 private:
  static error trouble() { return {error_kind::io, "", "the disk is full"}; }
  mail::memory_ledger memory_;
};

/// A worker's handler and a mail server, in memory.
struct world {
  explicit world(email_options options = {}) {
    mail::catcher_options catching;
    catching.rules.answer_recipient = [this](const std::string& r) {
      return answers.contains(r) ? answers[r] : std::string();
    };
    catching.answer = [this](const mail::caught_mail& mail) {
      if (answer_message.empty()) caught.push_back(mail);
      return answer_message;
    };
    catching.delay = [this](const mail::caught_mail&) { return delay; };
    server.emplace(context.get_executor(), time, network.listen(), std::move(catching));
    asio::co_spawn(context, server->run(), asio::detached);
    options.smtp = "smtp://127.0.0.1:" + std::to_string(server->port());
    start(options);
  }
  ~world() {
    stop();
    server->stop();
    time.run_ready();
  }

  void start(const email_options& options) {
    handler = make_email(context.get_executor(), time, network, ledger, options).value();
  }
  void stop() {
    if (handler) time.run(handler->close());
  }
  outcome run(const std::string& body, const std::string& id = "job-1") {
    fake_job j;
    j.content.id = id;
    j.content.body = body;
    job_run running(context, *handler, j);
    time.run_until([&] { return running.ended.has_value(); });
    return *running.ended;
  }
  std::vector<std::string> recipients() const {
    std::vector<std::string> all;
    for (const auto& mail : caught)
      all.insert(all.end(), mail.recipients.begin(), mail.recipients.end());
    return all;
  }

  asio::io_context context;
  manual_clock time{context};
  memory_network network{context.get_executor(), time};
  fragile_ledger ledger;
  std::map<std::string, std::string> answers;
  std::string answer_message;
  std::chrono::nanoseconds delay{0};
  std::vector<mail::caught_mail> caught;
  std::optional<mail::catcher> server;
  std::unique_ptr<email_handler> handler;
};

std::string to_many(int recipients) {
  std::string body = R"({"from":"ada@example.com","text":"x","bcc":["r0@example.org")";
  for (int i = 1; i < recipients; ++i)
    body += ",\"r" + std::to_string(i) + "@example.org\"";
  return body + "]}";
}

std::string field_of(const mail::caught_mail& mail, const std::string& name) {
  const std::size_t start = mail.content.find("\r\n" + name + ": ") + name.size() + 4;
  return mail.content.substr(start, mail.content.find("\r\n", start) - start);
}

}  // namespace

TEST_CASE("an email job is sent, and done") {
  world w;
  CHECK(w.run(to_bob).what == kind::done);
  REQUIRE(w.caught.size() == 1);
  CHECK(w.caught[0].sender == "ada@example.com");
  CHECK(w.caught[0].recipients == std::vector<std::string>{"bob@example.org"});
  CHECK(w.caught[0].content.ends_with("\r\n\r\nHello\r\n"));
}

TEST_CASE("a job that was sent is not sent again when its message comes again") {
  world w;
  CHECK(w.run(to_bob).what == kind::done);
  CHECK(w.run(to_bob).what == kind::done);
  CHECK(w.caught.size() == 1);
  CHECK(w.run(to_bob, "job-2").what == kind::done);
  CHECK(w.caught.size() == 2);
}

TEST_CASE("a partly sent job goes on with those who are left, with the same message") {
  world w;
  w.answers["carol@example.org"] = "451 4.2.1 Later";
  const outcome first = w.run(to_three);
  CHECK(first.what == kind::retry);
  CHECK(first.reason == "carol@example.org: 451 4.2.1 Later (in reply to RCPT TO); 2 of 3 sent");
  CHECK(w.recipients() == std::vector<std::string>{"bob@example.org", "dave@example.org"});
  w.answers.clear();
  w.time.advance(1h);
  CHECK(w.run(to_three).what == kind::done);
  CHECK(w.recipients() ==
        std::vector<std::string>{"bob@example.org", "dave@example.org", "carol@example.org"});
  CHECK(w.caught[0].content == w.caught[1].content);
  CHECK(field_of(w.caught[1], "Date") == "Thu, 01 Jan 2026 00:00:00 +0000");
}

TEST_CASE("a refused recipient fails the job when the others have been sent to, and is not tried again") {
  world w;
  w.answers["carol@example.org"] = "550 5.1.1 No such user";
  for (int i = 0; i < 2; ++i) {
    const outcome o = w.run(to_three);
    CHECK(o.what == kind::failed);
    CHECK(contains(o.reason, "carol@example.org: 550 5.1.1 No such user"));
    CHECK(contains(o.reason, "2 of 3 sent"));
  }
  CHECK(w.caught.size() == 1);
}

TEST_CASE("a refused message is a failure, a deferred one a retry, both in the server's words") {
  world w;
  w.answer_message = "451 4.3.0 Greylisted";
  CHECK(w.run(to_bob).what == kind::retry);
  w.answer_message = "554 5.7.1 Spam";
  const outcome o = w.run(to_bob);
  CHECK(o.what == kind::failed);
  CHECK(o.reason == "bob@example.org: 554 5.7.1 Spam (in reply to the end of the message)");
}

TEST_CASE("no server is a retry, and is not asked again for each group of recipients") {
  world w;
  w.server->stop();
  w.time.run_ready();
  CHECK(w.run(to_bob).what == kind::retry);
  w.network.is_deaf = true;
  const std::chrono::nanoseconds before = w.time.elapsed();
  CHECK(w.run(to_many(120), "job-2").what == kind::retry);
  CHECK(w.time.elapsed() - before == 30s);
}

TEST_CASE("many recipients go in several transactions") {
  world w;
  CHECK(w.run(to_many(120)).what == kind::done);
  REQUIRE(w.caught.size() == 3);
  CHECK(w.caught[0].recipients.size() == 50);
  CHECK(w.caught[2].recipients.size() == 20);
  CHECK(w.server->connections() == 1);
}

TEST_CASE("the same message delivered twice at once is sent once") {
  world w;
  w.delay = 3s;
  fake_job first;
  fake_job second;
  first.content.id = second.content.id = "job-1";
  first.content.body = second.content.body = to_bob;
  job_run one(w.context, *w.handler, first);
  job_run two(w.context, *w.handler, second);
  w.time.run_until([&] { return one.ended && two.ended; });
  CHECK(one.ended->what == kind::done);
  CHECK(two.ended->what == kind::retry);
  CHECK(contains(two.ended->reason, "another worker is sending it right now"));
  CHECK(w.caught.size() == 1);
  CHECK(w.run(to_bob).what == kind::done);
  CHECK(w.caught.size() == 1);
}

TEST_CASE("what can't be an email fails with a reason, and nothing is sent") {
  world w;
  CHECK(contains(w.run("not JSON").reason, "the body is not JSON"));
  CHECK(w.run("").what == kind::failed);
  CHECK(contains(w.run(R"({"from":"a@x","to":"b@x","text":"","subject":"a\r\nBcc: eve@x"})").reason,
                 "line break"));
  CHECK(contains(w.run(R"({"from":"a@x","to":"b@x","text":"","attachments":[{"path":"a"}]})").reason,
                 "attachments[0].path: files can't be attached"));
  CHECK(w.server->connections() == 0);
}

TEST_CASE("files of the allowed folder are attached, others are not, and a message has a limit") {
  const scratch_folder folder;
  std::ofstream(folder.file("hello.txt")) << "Hello from a file";
  std::ofstream(folder.file("large")) << std::string(900, 'x');
  email_options options;
  options.attachments = folder.file("");
  options.max_message_bytes = 2000;
  world w(options);
  const auto attaching = [](const std::string& path) {
    return R"({"from":"a@x","to":"b@x","text":"","attachments":[{"path":")" + path + "\"}]}";
  };
  CHECK(w.run(attaching("hello.txt")).what == kind::done);
  CHECK(contains(w.caught[0].content, "filename=hello.txt"));
  CHECK(contains(w.caught[0].content, "SGVsbG8gZnJvbSBhIGZpbGU="));
  CHECK(contains(w.run(attaching("../etc/passwd"), "2").reason,
                 "attachments[0].path: '../etc/passwd' must be"));
  CHECK(contains(w.run(attaching("missing"), "3").reason, "No such file"));
  CHECK(w.run(attaching("large"), "4").what == kind::done);
  std::ofstream(folder.file("large")) << std::string(1500, 'x');
  CHECK(contains(w.run(attaching("large"), "5").reason, "the message: has "));
  std::ofstream(folder.file("large")) << std::string(2500, 'x');
  CHECK(contains(w.run(attaching("large"), "6").reason, "longer than the 2000 bytes"));
}

TEST_CASE("without a ledger nothing is sent") {
  const captured_log log;
  world w;
  w.ledger.fails_to_open = true;
  CHECK(w.run(to_bob).what == kind::retry);
  w.ledger.fails_to_open = false;
  w.ledger.fails_to_claim = true;
  const outcome o = w.run(to_bob);
  CHECK(o.what == kind::retry);
  CHECK(contains(o.reason, "the disk is full"));
  CHECK(w.caught.empty());
  CHECK(log.named("mail not sent: its ledger does not work").size() == 1);
}

TEST_CASE("an outcome that can't be recorded is tried again, then reported") {
  const captured_log log;
  world w;
  w.ledger.settles_to_fail = 2;
  CHECK(w.run(to_bob).what == kind::done);
  CHECK(w.run(to_bob).what == kind::done);
  CHECK(w.caught.size() == 1);
  w.ledger.settles_to_fail = 3;
  CHECK(w.run(to_bob, "job-2").what == kind::done);
  CHECK(log.named("what became of a mail could not be put on record").size() == 1);
}

TEST_CASE("told to stop before the dot, nothing is sent and the claim is given back") {
  world w;
  fake_job j;
  j.content.id = "job-1";
  j.content.body = to_bob;
  j.why = stop_reason::draining;
  CHECK(w.time.run(w.handler->run(j)).what == kind::stopped);
  j.why = stop_reason::none;
  w.network.is_deaf = true;
  job_run running(w.context, *w.handler, j);
  w.time.run_ready();
  j.stop(stop_reason::draining, w.time.now() + 2s);
  w.time.run_ready();
  REQUIRE(running.ended.has_value());
  CHECK(running.ended->what == kind::stopped);
  w.network.is_deaf = false;
  CHECK(w.run(to_bob).what == kind::done);
  CHECK(w.caught.size() == 1);
}

TEST_CASE("told to stop after the dot, the answer decides if it comes in time") {
  world w;
  w.delay = 1500ms;
  fake_job j;
  j.content.id = "job-1";
  j.content.body = to_bob;
  job_run running(w.context, *w.handler, j);
  w.time.run_ready();
  j.stop(stop_reason::draining, w.time.now() + 2s);
  w.time.run_until([&] { return running.ended.has_value(); });
  CHECK(running.ended->what == kind::done);
  CHECK(w.caught.size() == 1);
}

TEST_CASE("a doubt is reported, and sent again only if that is wished") {
  const captured_log log;
  for (const bool resend : {true, false}) {
    email_options options;
    options.resend_in_doubt = resend;
    world w(options);
    w.delay = 1h;
    fake_job j;
    j.content.id = "job-1";
    j.content.body = to_bob;
    job_run running(w.context, *w.handler, j);
    w.time.run_ready();
    j.stop(stop_reason::draining, w.time.now() + 2s);
    w.time.run_until([&] { return running.ended.has_value(); });
    CHECK(running.ended->what == (resend ? kind::stopped : kind::failed));
    CHECK(contains(running.ended->reason, "no one knows"));
    w.delay = 0s;
    CHECK(w.run(to_bob).what == (resend ? kind::done : kind::failed));
    CHECK(w.caught.size() == (resend ? 1 : 0));
  }
  CHECK(log.named("mail in doubt").size() == 2);
}

TEST_CASE("waiting for a connection is ended by being told to stop, and messages wait unbuilt") {
  email_options options;
  options.max_connections = 1;
  world w(options);
  w.delay = 1h;
  fake_job first;
  fake_job second;
  first.content.id = "job-1";
  second.content.id = "job-2";
  first.content.body = second.content.body = to_bob;
  job_run one(w.context, *w.handler, first);
  job_run two(w.context, *w.handler, second);
  w.time.run_ready();
  CHECK(w.ledger.claims == 1);
  second.stop(stop_reason::draining, w.time.now() + 2s);
  w.time.run_ready();
  REQUIRE(two.ended.has_value());
  CHECK(two.ended->what == kind::stopped);
  first.stop(stop_reason::draining, w.time.now());
  w.time.run_until([&] { return one.ended.has_value(); });
}

TEST_CASE("options that can't be used are errors at start that name them, and hold no secret") {
  asio::io_context context;
  manual_clock time(context);
  memory_network network(context.get_executor(), time);
  mail::memory_ledger ledger;
  const auto why = [&](const email_options& options) {
    const auto made = make_email(context.get_executor(), time, network, ledger, options);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().kind == error_kind::invalid);
    CHECK_FALSE(contains(made.error().message, "secret"));
    return made.error().message;
  };
  CHECK(contains(why({}), "--smtp: give the mail server's URL"));
  CHECK(contains(why({.smtp = "smtp://u:secret@h/x"}), "--smtp: "));
  CHECK(contains(why({.smtp = "smtp://h?ca_file=/missing.pem"}), "--smtp: "));
  CHECK(contains(why({.smtp = "smtp://h", .password = "secret"}), "--smtp-password: "));
  CHECK(contains(why({.smtp = "smtp://h", .user = "u"}), "set LASTCALL_SMTP_PASSWORD"));
  CHECK(contains(why({.smtp = "smtp://h", .user = "u\n", .password = "secret"}), "--smtp-user: "));
  CHECK(contains(why({.smtp = "smtp://h", .from = "nobody"}), "--from: "));
  CHECK(contains(why({.smtp = "smtp://h", .attachments = "/missing"}), "--attachments: "));
  CHECK(contains(why({.smtp = "smtp://h", .ehlo_name = "a b"}), "--ehlo-name: "));
  CHECK(contains(why({.smtp = "smtp://h", .max_connections = 0}), "--smtp-connections: "));
}
