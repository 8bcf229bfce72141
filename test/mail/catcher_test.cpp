#include "mail/catcher.hpp"

#include "base/encoding.hpp"
#include "jobs/scratch_folder.hpp"
#include "mail/smtp_client.hpp"
#include "runtime/tcp.hpp"
#include "support/manual_clock.hpp"
#include "support/memory_network.hpp"
#include "support/run.hpp"
#include "support/test_authority.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace lastcall;
using namespace lastcall::mail;
using namespace lastcall::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

class no_guard final : public delivery_guard {
 public:
  asio::awaitable<result<void>> before_final_dot(std::vector<std::string>) override {
    co_return result<void>();
  }
  std::optional<steady_time> stop_by() const noexcept override { return std::nullopt; }
};

std::vector<std::string> files_in(const fs::path& path) {
  std::vector<std::string> out;
  for (const auto& file : fs::directory_iterator(path)) {
    std::ifstream in(file.path(), std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return out;
}

/// A catcher in memory, and a client that says lines to it.
struct world {
  explicit world(catcher_options options = {})
      : server(context.get_executor(), time, network.listen(), std::move(options)) {
    asio::co_spawn(context, server.run(), [this](std::exception_ptr p) {
      CHECK_FALSE(p);
      has_ended = true;
    });
    client = time.run(network.connect("memory", server.port(), steady_time::max())).value();
  }
  ~world() {
    server.stop();
    time.run_until([this] { return has_ended; });
  }

  /// Says it and returns the answer to it, which is all that comes until nothing more does.
  std::string operator()(std::string_view line) {
    const std::string bytes(line);
    CHECK(time.run(client->write(asio::buffer(bytes))).has_value());
    return answer();
  }
  std::string answer() {
    time.run_ready();
    std::string out(64 * 1024, '\0');
    if (client->is_quiet()) return {};
    const auto read = time.run(client->read_some(asio::buffer(out)));
    out.resize(read ? *read : 0);
    return out;
  }

  asio::io_context context;
  manual_clock time{context};
  memory_network network{context.get_executor(), time};
  catcher server;
  std::unique_ptr<stream> client;
  bool has_ended{false};
};

}  // namespace

TEST_CASE("a message is stored in a maildir, with where it came from, and counted") {
  const scratch_folder f;
  catcher_options options;
  options.folder = maildir::open(f.file("mail")).value();
  world say(std::move(options));
  CHECK(say.answer().starts_with("220 localhost ESMTP"));
  CHECK(say("EHLO there\r\n").ends_with("250 SIZE 67108864\r\n"));
  CHECK(say("MAIL FROM:<ada@example.com>\r\n") == "250 2.1.0 Ok\r\n");
  CHECK(say("RCPT TO:<bob@example.org>\r\n") == "250 2.1.5 Ok\r\n");
  CHECK(say("RCPT TO:<carol@example.org>\r\n") == "250 2.1.5 Ok\r\n");
  CHECK(say("DATA\r\n").starts_with("354 "));
  CHECK(say("Subject: x\r\n\r\n..dots\r\n.\r\n").starts_with("250 2.0.0 Ok: stored as "));
  CHECK(say.server.stored() == 1);
  CHECK(say.server.recipients() == 2);
  CHECK(files_in(f.file("mail/tmp")).empty());
  const auto stored = files_in(f.file("mail/new"));
  REQUIRE(stored.size() == 1);
  CHECK(stored[0].starts_with(
      "Return-Path: <ada@example.com>\nDelivered-To: bob@example.org\nDelivered-To: "
      "carol@example.org\nReceived: from there (client:1)\n\tby localhost with ESMTP id "));
  CHECK(stored[0].ends_with(";\n\tThu, 01 Jan 2026 00:00:00 +0000\nSubject: x\n\n.dots\n"));
  CHECK(say("QUIT\r\n") == "221 2.0.0 Bye\r\n");
}

TEST_CASE("pipelined commands are answered together, in order") {
  world say;
  say.answer();
  CHECK(say("EHLO there\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n")
            .ends_with("250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End with a dot on a line of its own\r\n"));
  CHECK(say("x\r\n.\r\nRSET\r\nNOOP\r\n") ==
        "250 2.0.0 Ok: stored as message\r\n250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n");
}

TEST_CASE("commands out of order, unknown or malformed are refused") {
  world say;
  say.answer();
  CHECK(say("MAIL FROM:<ada@example.com>\r\n").starts_with("503 "));
  CHECK(say("EHLO\r\n").starts_with("501 "));
  CHECK(say("HELO there\r\n") == "250 localhost\r\n");
  CHECK(say("RCPT TO:<bob@example.org>\r\n").starts_with("503 "));
  CHECK(say("DATA\r\n").starts_with("503 "));
  CHECK(say("MAIL FROM:ada@example.com\r\n").starts_with("501 "));
  CHECK(say("MAIL FROM:<ada@example.com\r\n").starts_with("501 "));
  CHECK(say("MAIL FROM:<ada@example.com> SIZE=99999999999\r\n").starts_with("552 "));
  CHECK(say("mail from:<\"a> b\"@example.com> SIZE=10 BODY=8BITMIME\r\n").starts_with("250 "));
  CHECK(say("MAIL FROM:<ada@example.com>\r\n").starts_with("503 "));
  CHECK(say("RCPT TO:<>\r\n").starts_with("501 "));
  CHECK(say("DATA\r\n").starts_with("554 "));
  CHECK(say("STARTTLS\r\n").starts_with("502 "));
  CHECK(say("AUTH PLAIN\r\n").starts_with("502 "));
  CHECK(say("VRFY bob\r\n").starts_with("252 "));
  CHECK(say("\r\n").starts_with("500 "));
  CHECK(say("WIZ\r\n").starts_with("500 "));
}

TEST_CASE("limits hold: recipients, message, line, time") {
  catcher_options options;
  options.rules.max_recipients = 1;
  options.rules.max_message_bytes = 100;
  world say(std::move(options));
  say.answer();
  say("EHLO there\r\nMAIL FROM:<>\r\nRCPT TO:<a@x.example>\r\n");
  CHECK(say("RCPT TO:<b@x.example>\r\n").starts_with("452 4.5.3"));
  say("DATA\r\n");
  CHECK(say(std::string(101, 'x') + "\r\n.\r\n").starts_with("552 5.3.4"));
  CHECK(say.server.stored() == 0);
  CHECK(say("NOOP\r\n").starts_with("250 "));
  say(std::string(5000, 'x'));
  CHECK(say.time.run(say.client->read_some(asio::mutable_buffer{})).has_error());

  world idle;
  idle.answer();
  idle.time.advance(5min);
  CHECK_FALSE(idle.client->is_quiet());
}

TEST_CASE("more connections than allowed are turned away") {
  catcher_options options;
  options.max_connections = 1;
  world say(std::move(options));
  CHECK(say.answer().starts_with("220 "));
  const auto first = std::exchange(
      say.client, say.time.run(say.network.connect("memory", say.server.port(), steady_time::max())).value());
  CHECK(say.answer().starts_with("421 "));
  first->close();
  say.time.run_ready();
  say.client = say.time.run(say.network.connect("memory", say.server.port(), steady_time::max())).value();
  CHECK(say.answer().starts_with("220 "));
}

TEST_CASE("AUTH is demanded where it is configured") {
  catcher_options options;
  options.rules.user = "ada";
  options.rules.password = "secret";
  world say(std::move(options));
  say.answer();
  CHECK(say("EHLO there\r\n").find("250-AUTH PLAIN LOGIN\r\n") != std::string::npos);
  CHECK(say("MAIL FROM:<>\r\n").starts_with("530 "));
  CHECK(say("AUTH PLAIN AGFkYQB3cm9uZw==\r\n").starts_with("535 "));
  CHECK(say("AUTH PLAIN\r\n") == "334 \r\n");
  CHECK(say("*\r\n").starts_with("501 "));
  CHECK(say("AUTH CRAM-MD5\r\n").starts_with("504 "));
  CHECK(say("AUTH LOGIN\r\n").starts_with("334 "));
  CHECK(say(to_base64("ada") + "\r\n").starts_with("334 "));
  CHECK(say(to_base64("secret") + "\r\n").starts_with("235 "));
  CHECK(say("MAIL FROM:<>\r\n").starts_with("250 "));
}

TEST_CASE("a slow answer, a refused recipient and a refused message can be had") {
  catcher_options options;
  options.delay = [](const caught_mail& mail) -> std::chrono::nanoseconds {
    return mail.recipients[0].starts_with("slow") ? 3s : 0s;
  };
  options.rules.answer_recipient = [](const std::string& r) {
    return r.starts_with("no") ? std::string("550 5.1.1 No") : std::string();
  };
  options.answer = [](const caught_mail& mail) {
    return mail.content.find("spam") != std::string::npos ? std::string("554 5.7.1 Spam") : std::string();
  };
  world say(std::move(options));
  say.answer();
  say("EHLO there\r\nMAIL FROM:<>\r\n");
  CHECK(say("RCPT TO:<no@x.example>\r\n") == "550 5.1.1 No\r\n");
  say("RCPT TO:<slow@x.example>\r\nDATA\r\n");
  CHECK(say("spam\r\n.\r\n") == "");
  say.time.advance(3s);
  CHECK(say.answer() == "554 5.7.1 Spam\r\n");
  say("MAIL FROM:<>\r\nRCPT TO:<slow@x.example>\r\nDATA\r\n");
  say("ham\r\n.\r\n");
  say.server.stop();
  say.time.run_until([&] { return say.has_ended; });
  CHECK(say.time.elapsed() == 3s);
  CHECK(say.server.stored() == 0);
}

TEST_CASE("a mail folder that can't be made is a clear error") {
  const scratch_folder f;
  std::ofstream(f.file("file")) << "x";
  const auto made = maildir::open(f.file("file"));
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().message.find("can't make the mail folder") != std::string::npos);
}

TEST_CASE("the client and the catcher agree, over every kind of TLS and AUTH") {
  test_authority authority;
  const auto identity = authority.issue("DNS:localhost,IP:127.0.0.1");
  const auto tls = tls_context::for_server(identity.certificate_file, identity.key_file).value();
  struct variant {
    bool has_tls;
    bool implicit;
    std::string scheme;
    std::string options;
    delivery_status expected;
    std::string words;
  };
  const std::string ca = "ca_file=" + authority.root_file();
  using enum delivery_status;
  const std::vector<variant> variants{
      {false, false, "smtp", "?starttls=never", sent, ""},
      {false, false, "smtp", "", sent, ""},
      {false, false, "smtp", "?starttls=required", refused, "no STARTTLS"},
      {true, false, "smtp", "?starttls=required&" + ca, sent, ""},
      {true, false, "smtp", "?" + ca, sent, ""},
      {true, false, "smtp", "?starttls=required", refused, "certificate"},
      {true, true, "smtps", "?" + ca, sent, ""},
      {true, true, "smtps", "", refused, "certificate"},
  };
  for (const variant& v : variants) {
    CAPTURE(v.scheme + v.options);
    for (const bool auth : {false, true}) {
      asio::io_context context;
      caught_mail caught;
      catcher_options options;
      options.tls = v.has_tls ? tls.get() : nullptr;
      options.implicit_tls = v.implicit;
      if (auth) {
        options.rules.user = "ada";
        options.rules.password = "s3:cret";
      }
      options.answer = [&caught](const caught_mail& mail) {
        caught = mail;
        return std::string();
      };
      auto listener = listen_tcp(context.get_executor(), real_clock(), "127.0.0.1:0").value();
      catcher server(context.get_executor(), real_clock(), std::move(listener), std::move(options));
      asio::co_spawn(context, server.run(), asio::detached);
      const auto dialer = make_tcp_dialer(real_clock());
      const std::string url = v.scheme + "://" + (auth ? "ada:s3%3Acret@" : "") +
                              "127.0.0.1:" + std::to_string(server.port()) + v.options;
      smtp_client client(context.get_executor(), real_clock(), *dialer, parse_smtp_server(url).value());
      no_guard guard;
      const std::string message = "Subject: x\r\n\r\n.dot\r\n" + std::string(300'000, 'x') + "\r\n";
      for (int i = 0; i < 2; ++i) {
        const auto slot = run(context, client.enter());
        const delivery d =
            run(context, client.send(*slot, {"ada@example.com", {"bob@example.org"}}, message, guard));
        CAPTURE(d[0].words);
        CHECK(d[0].status == v.expected);
        CHECK(d[0].words.find(v.words) != std::string::npos);
        if (v.expected == sent) CHECK(caught.content == message);
      }
      if (v.expected == sent) CHECK(server.connections() == 1);
      run(context, client.stop());
      server.stop();
      context.run();
    }
  }
}
