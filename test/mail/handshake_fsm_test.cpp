#include "mail/handshake_fsm.hpp"

#include "base/encoding.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::mail;
using kind = handshake_fsm::action::kind;

namespace {

const smtp_timeouts timeouts;

reply says(std::string_view text) {
  reply_parser parser;
  parser.feed(text);
  parser.feed("\r\n");
  return *parser.next().value();
}

/// The machine in dialogue with a server: what it says next.
class dialogue {
 public:
  explicit dialogue(const std::string& url)
      : server_(parse_smtp_server(url).value()),
        fsm_(server_, "worker.example.com", timeouts),
        last_(fsm_.start()) {
    CHECK(last_.what == kind::read);
    CHECK(last_.timeout == timeouts.greeting);
  }
  std::string operator()(std::string_view reply) {
    last_ = fsm_.on_reply(says(reply));
    if (last_.what == kind::write) CHECK(last_.timeout == timeouts.command);
    return last_.bytes;
  }
  std::string encrypted() {
    last_ = fsm_.on_tls();
    return last_.bytes;
  }
  kind what() const { return last_.what; }
  const error& problem() const { return fsm_.problem(); }
  const capabilities& offered() const { return fsm_.offered(); }

 private:
  smtp_server server_;
  handshake_fsm fsm_;
  handshake_fsm::action last_;
};

}  // namespace

TEST_CASE("a plain server is greeted and asked what it offers") {
  dialogue say("smtp://mail.example.com");
  CHECK(say("220 hello") == "EHLO worker.example.com\r\n");
  CHECK(say("250-mail\r\n250 PIPELINING") == "");
  CHECK(say.what() == kind::done);
  CHECK(say.offered().pipelining);
}

TEST_CASE("STARTTLS is used where it is offered, and what was offered before it is forgotten") {
  dialogue say("smtp://mail.example.com");
  say("220 hello");
  CHECK(say("250-mail\r\n250-PIPELINING\r\n250 STARTTLS") == "STARTTLS\r\n");
  say("220 go ahead");
  CHECK(say.what() == kind::start_tls);
  CHECK(say.encrypted() == "EHLO worker.example.com\r\n");
  say("250 mail");
  CHECK(say.what() == kind::done);
  CHECK_FALSE(say.offered().pipelining);
}

TEST_CASE("with starttls=never it is not used") {
  dialogue say("smtp://mail.example.com?starttls=never");
  say("220 hello");
  say("250-mail\r\n250 STARTTLS");
  CHECK(say.what() == kind::done);
}

TEST_CASE("with starttls=required there is no mail without it") {
  dialogue missing("smtp://mail.example.com?starttls=required");
  missing("220 hello");
  missing("250 mail");
  CHECK(missing.what() == kind::failed);
  CHECK(missing.problem().kind == error_kind::tls);
  CHECK(status_of(missing.problem()) == delivery_status::refused);

  dialogue refused("smtp://mail.example.com?starttls=required");
  refused("220 hello");
  refused("250-mail\r\n250 STARTTLS");
  refused("454 4.7.0 not now");
  CHECK(refused.what() == kind::failed);
  CHECK(refused.problem().message == "mail.example.com:25: 454 4.7.0 not now (in reply to STARTTLS)");
  CHECK(status_of(refused.problem()) == delivery_status::later);

  dialogue old("smtp://mail.example.com?starttls=required");
  old("220 hello");
  old("502 what?");
  CHECK(old.what() == kind::failed);
}

TEST_CASE("opportunistic TLS does without where the server refuses") {
  dialogue say("smtp://mail.example.com");
  say("220 hello");
  say("250-mail\r\n250 STARTTLS");
  say("454 4.7.0 not now");
  CHECK(say.what() == kind::done);
}

TEST_CASE("a server that does not know EHLO is told HELO") {
  dialogue say("smtp://mail.example.com");
  say("220 hello");
  CHECK(say("502 what?") == "HELO worker.example.com\r\n");
  say("250 hello");
  CHECK(say.what() == kind::done);
}

TEST_CASE("AUTH PLAIN is preferred, AUTH LOGIN will do") {
  dialogue plain("smtps://ada:pass%20word@mail.example.com");
  plain("220 hello");
  const std::string message = plain("250-mail\r\n250 AUTH LOGIN PLAIN");
  CHECK(message == "AUTH PLAIN " + to_base64(std::string("\0ada\0pass word", 14)) + "\r\n");
  plain("235 2.7.0 welcome");
  CHECK(plain.what() == kind::done);

  dialogue login("smtps://ada:pass%20word@mail.example.com");
  login("220 hello");
  CHECK(login("250-mail\r\n250 AUTH LOGIN") == "AUTH LOGIN\r\n");
  CHECK(login("334 VXNlcm5hbWU6") == to_base64("ada") + "\r\n");
  CHECK(login("334 UGFzc3dvcmQ6") == to_base64("pass word") + "\r\n");
  login("334 more?");
  CHECK(login.what() == kind::failed);
}

TEST_CASE("user and password are not sent in the clear, except on the machine itself or when allowed") {
  dialogue refused("smtp://ada:secret@mail.example.com");
  refused("220 hello");
  CHECK(refused("250-mail\r\n250 AUTH PLAIN") == "");
  CHECK(refused.what() == kind::failed);
  CHECK(refused.problem().kind == error_kind::tls);
  CHECK(refused.problem().message.find("not encrypted") != std::string::npos);

  dialogue stripped("smtp://ada:secret@mail.example.com");
  stripped("220 hello");
  stripped("250-mail\r\n250-STARTTLS\r\n250 AUTH PLAIN");
  CHECK(stripped("454 not now") == "");
  CHECK(stripped.what() == kind::failed);

  dialogue loopback("smtp://ada:secret@127.0.0.1");
  loopback("220 hello");
  CHECK(loopback("250-mail\r\n250 AUTH PLAIN").starts_with("AUTH PLAIN "));
  dialogue allowed("smtp://ada:secret@mail.example.com?plaintext_auth=yes");
  allowed("220 hello");
  CHECK(allowed("250-mail\r\n250 AUTH PLAIN").starts_with("AUTH PLAIN "));
}

TEST_CASE("refused credentials and a server without AUTH are clear errors that hold no secret") {
  dialogue wrong("smtps://ada:secret@mail.example.com");
  wrong("220 hello");
  wrong("250-mail\r\n250 AUTH PLAIN");
  wrong("535 5.7.8 wrong");
  CHECK(wrong.what() == kind::failed);
  CHECK(wrong.problem().message == "mail.example.com:465: 535 5.7.8 wrong (in reply to AUTH)");
  CHECK(status_of(wrong.problem()) == delivery_status::refused);

  dialogue none("smtps://ada:secret@mail.example.com");
  none("220 hello");
  none("250 mail");
  CHECK(none.what() == kind::failed);
  CHECK(none.problem().message.find("AUTH") != std::string::npos);
  CHECK(none.problem().message.find("secret") == std::string::npos);
}

TEST_CASE("a server that is busy, closed, or not one is no server") {
  dialogue busy("smtp://mail.example.com");
  busy("421 4.3.2 too busy");
  CHECK(status_of(busy.problem()) == delivery_status::later);
  dialogue closed("smtp://mail.example.com");
  closed("554 5.7.1 go away");
  CHECK(status_of(closed.problem()) == delivery_status::refused);
  dialogue odd("smtp://mail.example.com");
  odd("354 go on");
  CHECK(odd.problem().kind == error_kind::protocol);
  CHECK(status_of(odd.problem()) == delivery_status::not_sent);
}
