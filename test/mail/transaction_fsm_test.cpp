#include "mail/transaction_fsm.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::mail;
using kind = transaction_fsm::action::kind;
using status = delivery_status;

namespace {

const smtp_timeouts timeouts;
const capabilities pipelining{.pipelining = true, .max_size_bytes = {}};
const capabilities nothing{};
const error lost{error_kind::network, "eof", "the server closed the connection"};

const envelope to_two{"ada@example.com", {"bob@example.org", "carol@example.org"}};

reply says(std::string_view text) {
  reply_parser parser;
  parser.feed(text);
  parser.feed("\r\n");
  return *parser.next().value();
}

std::vector<status> statuses(const transaction_fsm& fsm) {
  std::vector<status> out;
  for (const recipient_result& r : fsm.results())
    out.push_back(r.status);
  return out;
}

using all = std::vector<status>;

/// To the moment when the message is to be written, both recipients accepted.
void reach_message(transaction_fsm& fsm) {
  fsm.start();
  fsm.on_reply(says("250 ok"));
  fsm.on_reply(says("250 ok"));
  fsm.on_reply(says("250 ok"));
  const auto next = fsm.on_reply(says("354 go on"));
  REQUIRE(next.what == kind::write_message);
  CHECK(next.timeout == std::chrono::minutes(10));
}

}  // namespace

TEST_CASE("with PIPELINING all commands go in one write, and their replies are read in order") {
  transaction_fsm fsm(to_two, pipelining, 100, timeouts, false);
  auto next = fsm.start();
  CHECK(next.what == kind::write);
  CHECK(
      next.bytes ==
      "MAIL FROM:<ada@example.com>\r\nRCPT TO:<bob@example.org>\r\nRCPT TO:<carol@example.org>\r\nDATA\r\n");
  CHECK(fsm.on_reply(says("250 ok")).what == kind::read);
  CHECK(fsm.on_reply(says("250 ok")).what == kind::read);
  next = fsm.on_reply(says("250 ok"));
  CHECK(next.what == kind::read);
  CHECK(next.timeout == timeouts.data);
  CHECK(fsm.on_reply(says("354 go on")).what == kind::write_message);
  CHECK(fsm.accepted() == to_two.recipients);
  fsm.on_final_dot();
  CHECK(fsm.on_reply(says("250 2.0.0 queued as 17")).what == kind::done);
  CHECK(statuses(fsm) == all{status::sent, status::sent});
  CHECK(fsm.results()[0].words == "250 2.0.0 queued as 17");
  CHECK_FALSE(fsm.needs_reset());
  CHECK_FALSE(fsm.is_over());
}

TEST_CASE("without it they go one at a time") {
  transaction_fsm fsm(to_two, nothing, 100, timeouts, true);
  CHECK(fsm.start().bytes == "RSET\r\n");
  CHECK(fsm.on_reply(says("250 ok")).bytes == "MAIL FROM:<ada@example.com>\r\n");
  CHECK(fsm.on_reply(says("250 ok")).bytes == "RCPT TO:<bob@example.org>\r\n");
  CHECK(fsm.on_reply(says("250 ok")).bytes == "RCPT TO:<carol@example.org>\r\n");
  CHECK(fsm.on_reply(says("250 ok")).bytes == "DATA\r\n");
}

TEST_CASE("one refused recipient does not sink the mail") {
  for (const capabilities& offered : {pipelining, nothing}) {
    transaction_fsm fsm(to_two, offered, 100, timeouts, false);
    fsm.start();
    fsm.on_reply(says("250 ok"));
    fsm.on_reply(says("550 5.1.1 no such user"));
    fsm.on_reply(says("250 ok"));
    CHECK(fsm.on_reply(says("354 go on")).what == kind::write_message);
    CHECK(fsm.accepted() == std::vector<std::string>{"carol@example.org"});
    fsm.on_final_dot();
    fsm.on_reply(says("250 ok"));
    CHECK(statuses(fsm) == all{status::refused, status::sent});
    CHECK(fsm.results()[0].step == smtp_step::recipient);
    CHECK(fsm.results()[0].words == "550 5.1.1 no such user");
  }
}

TEST_CASE("when no recipient is accepted, no message is sent") {
  transaction_fsm one_by_one(to_two, nothing, 100, timeouts, false);
  one_by_one.start();
  one_by_one.on_reply(says("250 ok"));
  one_by_one.on_reply(says("550 no"));
  CHECK(one_by_one.on_reply(says("452 4.5.3 too many")).what == kind::done);
  CHECK(statuses(one_by_one) == all{status::refused, status::later});
  CHECK(one_by_one.needs_reset());

  transaction_fsm refused(to_two, pipelining, 100, timeouts, false);
  refused.start();
  refused.on_reply(says("250 ok"));
  refused.on_reply(says("550 no"));
  refused.on_reply(says("550 no"));
  CHECK(refused.on_reply(says("554 no valid recipients")).what == kind::done);
  CHECK(refused.results()[0].words == "550 no");
  CHECK(refused.needs_reset());

  // A server may still say 354: then an empty message ends it.
  transaction_fsm odd(to_two, pipelining, 100, timeouts, false);
  odd.start();
  odd.on_reply(says("250 ok"));
  odd.on_reply(says("550 no"));
  odd.on_reply(says("550 no"));
  const auto next = odd.on_reply(says("354 go on"));
  CHECK(next.what == kind::write);
  CHECK(next.bytes == ".\r\n");
  CHECK(odd.on_reply(says("250 thanks")).what == kind::done);
  CHECK(statuses(odd) == all{status::refused, status::refused});
}

TEST_CASE("a refused sender concerns all recipients, by the server's first words") {
  transaction_fsm fsm(to_two, pipelining, 100, timeouts, false);
  fsm.start();
  fsm.on_reply(says("550 5.7.1 not you"));
  fsm.on_reply(says("503 MAIL first"));
  fsm.on_reply(says("503 MAIL first"));
  CHECK(fsm.on_reply(says("503 MAIL first")).what == kind::done);
  CHECK(statuses(fsm) == all{status::refused, status::refused});
  CHECK(fsm.results()[1].words == "550 5.7.1 not you");
  CHECK(fsm.results()[1].step == smtp_step::sender);
  CHECK_FALSE(fsm.needs_reset());

  transaction_fsm later(to_two, nothing, 100, timeouts, false);
  later.start();
  CHECK(later.on_reply(says("454 Throttling failure")).what == kind::done);
  CHECK(statuses(later) == all{status::later, status::later});
}

TEST_CASE("the answer to the message concerns those who were accepted") {
  transaction_fsm later(to_two, pipelining, 100, timeouts, false);
  reach_message(later);
  later.on_final_dot();
  later.on_reply(says("451 4.3.0 try again"));
  CHECK(statuses(later) == all{status::later, status::later});
  CHECK(later.results()[0].step == smtp_step::content);
  CHECK_FALSE(later.needs_reset());
  CHECK_FALSE(later.may_be_stale());

  transaction_fsm refused(to_two, pipelining, 100, timeouts, false);
  reach_message(refused);
  refused.on_final_dot();
  refused.on_reply(says("554 5.7.1 spam"));
  CHECK(statuses(refused) == all{status::refused, status::refused});

  transaction_fsm data(to_two, nothing, 100, timeouts, false);
  data.start();
  for (int i = 0; i < 3; ++i)
    data.on_reply(says("250 ok"));
  CHECK(data.on_reply(says("451 4.3.0 no room")).what == kind::done);
  CHECK(statuses(data) == all{status::later, status::later});
  CHECK(data.needs_reset());
}

TEST_CASE("a connection lost before the final dot means not sent, after it doubt") {
  for (int replies = 0; replies <= 4; ++replies) {
    transaction_fsm fsm(to_two, pipelining, 100, timeouts, false);
    fsm.start();
    for (int i = 0; i < replies; ++i)
      fsm.on_reply(says(i == 3 ? "354 go on" : "250 ok"));
    fsm.on_failure(lost);
    CHECK(statuses(fsm) == all{status::not_sent, status::not_sent});
    CHECK(fsm.may_be_stale());
    CHECK(fsm.is_over());
  }
  transaction_fsm fsm(to_two, pipelining, 100, timeouts, false);
  reach_message(fsm);
  fsm.on_final_dot();
  fsm.on_failure(lost);
  CHECK(statuses(fsm) == all{status::in_doubt, status::in_doubt});
  CHECK(fsm.results()[0].words == lost.message);
  CHECK_FALSE(fsm.may_be_stale());
  CHECK(fsm.is_over());
}

TEST_CASE("a refusal that came before the connection was lost stays one") {
  transaction_fsm fsm(to_two, pipelining, 100, timeouts, false);
  fsm.start();
  fsm.on_reply(says("250 ok"));
  fsm.on_reply(says("550 no"));
  fsm.on_failure(lost);
  CHECK(statuses(fsm) == all{status::refused, status::not_sent});
}

TEST_CASE("withheld leave means not sent, and says nothing about the connection's age") {
  transaction_fsm fsm(to_two, pipelining, 100, timeouts, false);
  reach_message(fsm);
  fsm.on_withheld({error_kind::io, "", "the ledger is full"});
  CHECK(statuses(fsm) == all{status::not_sent, status::not_sent});
  CHECK(fsm.is_over());
  CHECK_FALSE(fsm.may_be_stale());
}

TEST_CASE("what a server says before the end of the message is not the answer to it") {
  const auto early = [](std::string_view text) {
    transaction_fsm fsm(to_two, pipelining, 100, timeouts, false);
    reach_message(fsm);
    fsm.on_early_reply(says(text));
    CHECK(fsm.is_over());
    CHECK_FALSE(fsm.may_be_stale());
    return statuses(fsm);
  };
  CHECK(early("250 ok") == all{status::not_sent, status::not_sent});
  CHECK(early("421 4.3.2 going down") == all{status::later, status::later});
  CHECK(early("552 5.3.4 too large") == all{status::refused, status::refused});
}

TEST_CASE("421 ends the connection, whatever it answers") {
  transaction_fsm first(to_two, pipelining, 100, timeouts, true);
  first.start();
  CHECK(first.on_reply(says("421 4.4.2 idle for too long")).what == kind::done);
  CHECK(statuses(first) == all{status::later, status::later});
  CHECK(first.may_be_stale());

  transaction_fsm middle(to_two, pipelining, 100, timeouts, false);
  middle.start();
  middle.on_reply(says("250 ok"));
  middle.on_reply(says("250 ok"));
  CHECK(middle.on_reply(says("421 4.3.2 going down")).what == kind::done);
  CHECK(statuses(middle) == all{status::later, status::later});
  CHECK(middle.may_be_stale());

  transaction_fsm last(to_two, pipelining, 100, timeouts, false);
  reach_message(last);
  last.on_final_dot();
  last.on_reply(says("421 4.3.2 going down"));
  CHECK(statuses(last) == all{status::later, status::later});
  CHECK(last.is_over());
  CHECK_FALSE(last.may_be_stale());
}

TEST_CASE("a reply that makes no sense ends the connection, and is no refusal") {
  transaction_fsm mail(to_two, pipelining, 100, timeouts, false);
  mail.start();
  CHECK(mail.on_reply(says("354 what")).what == kind::done);
  CHECK(statuses(mail) == all{status::not_sent, status::not_sent});
  CHECK(mail.is_over());

  transaction_fsm data(to_two, pipelining, 100, timeouts, false);
  data.start();
  for (int i = 0; i < 3; ++i)
    data.on_reply(says("250 ok"));
  CHECK(data.on_reply(says("250 what")).what == kind::done);
  CHECK(statuses(data) == all{status::not_sent, status::not_sent});

  transaction_fsm end(to_two, pipelining, 100, timeouts, false);
  reach_message(end);
  end.on_final_dot();
  end.on_reply(says("354 what"));
  CHECK(statuses(end) == all{status::in_doubt, status::in_doubt});
}

TEST_CASE("a failed RSET ends the connection") {
  transaction_fsm fsm(to_two, nothing, 100, timeouts, true);
  fsm.start();
  CHECK(fsm.on_reply(says("500 what?")).what == kind::done);
  CHECK(fsm.is_over());
  CHECK(fsm.may_be_stale());
}

TEST_CASE("SIZE is announced where it is offered, and a message that is too large is not tried") {
  const capabilities sized{.size = true, .max_size_bytes = 1000};
  transaction_fsm fits(to_two, sized, 1000, timeouts, false);
  CHECK(fits.start().bytes == "MAIL FROM:<ada@example.com> SIZE=1000\r\n");
  transaction_fsm large(to_two, sized, 1001, timeouts, false);
  CHECK(large.start().what == kind::done);
  CHECK(statuses(large) == all{status::refused, status::refused});
  CHECK(large.results()[0].words.find("at most 1000") != std::string::npos);
  CHECK_FALSE(large.is_over());
}

TEST_CASE("addresses beyond ASCII go to a server with SMTPUTF8 only") {
  envelope beyond{"ada@example.com", {"jürgen@example.org"}, true};
  const capabilities utf8{.smtputf8 = true, .max_size_bytes = {}};
  transaction_fsm fsm(beyond, utf8, 100, timeouts, false);
  CHECK(fsm.start().bytes == "MAIL FROM:<ada@example.com> SMTPUTF8\r\n");
  transaction_fsm without(beyond, nothing, 100, timeouts, false);
  CHECK(without.start().what == kind::done);
  CHECK(statuses(without) == all{status::refused});
  CHECK(without.results()[0].words.find("SMTPUTF8") != std::string::npos);
}

TEST_CASE("no address can smuggle a command in") {
  const envelope evil{"ada@example.com", {"bob@example.org>\r\nRCPT TO:<eve@example.net"}};
  for (const capabilities& offered : {pipelining, nothing}) {
    transaction_fsm fsm(evil, offered, 100, timeouts, false);
    CHECK(fsm.start().what == kind::done);
    CHECK(statuses(fsm) == all{status::refused});
  }
}
