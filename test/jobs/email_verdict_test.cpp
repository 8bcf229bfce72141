#include "jobs/email_verdict.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::jobs;
using mail::delivery;
using mail::ledger_state;
using status = mail::delivery_status;
using step = mail::smtp_step;
using kind = outcome::kind;

namespace {

const mail::recipient_result sent{"sent@x.example", status::sent, step::content, "250 ok"};
const mail::recipient_result refused{"refused@x.example", status::refused, step::recipient, "550 5.1.1 no"};
const mail::recipient_result later{"later@x.example", status::later, step::recipient, "451 4.2.1 later"};
const mail::recipient_result not_sent{"open@x.example", status::not_sent, step::connect, "no connection"};
const mail::recipient_result doubt{"doubt@x.example", status::in_doubt, step::content, "closed"};

outcome verdict(const delivery& results, stop_reason told = stop_reason::none, bool resend = true) {
  return judge(results, told, resend);
}

}  // namespace

TEST_CASE("all sent is done, also when the job was told to stop meanwhile") {
  CHECK(verdict({sent, sent}).what == kind::done);
  CHECK(verdict({sent}, stop_reason::draining).what == kind::done);
}

TEST_CASE("a recipient who may be sent to again makes it a retry, with the server's words") {
  CHECK(verdict({sent, later, refused}).what == kind::retry);
  CHECK(verdict({sent, later, refused}).reason == "later@x.example: 451 4.2.1 later; 1 of 3 sent");
  CHECK(verdict({not_sent}).what == kind::retry);
  CHECK(verdict({doubt}).what == kind::retry);
  CHECK(verdict({doubt}).reason == "doubt@x.example: closed (sent or not, no one knows)");
}

TEST_CASE("with nobody left to send to, a refused recipient makes it a failure") {
  CHECK(verdict({sent, refused}).what == kind::failed);
  CHECK(verdict({sent, refused}).reason == "refused@x.example: 550 5.1.1 no; 1 of 2 sent");
  CHECK(verdict({refused}, stop_reason::draining).what == kind::failed);
}

TEST_CASE("a doubt that is not to be sent again is a failure") {
  CHECK(verdict({sent, doubt}, stop_reason::none, false).what == kind::failed);
  CHECK(verdict({doubt, later}, stop_reason::none, false).what == kind::retry);
}

TEST_CASE("told to stop before the end is stopped; over its time limit is a retry") {
  CHECK(verdict({sent, not_sent}, stop_reason::draining).what == kind::stopped);
  CHECK(verdict({doubt}, stop_reason::lease_lost).what == kind::stopped);
  CHECK(verdict({not_sent}, stop_reason::time_limit).what == kind::retry);
}

TEST_CASE("only a few recipients are named") {
  CHECK(verdict(delivery(10, later)).reason ==
        "later@x.example: 451 4.2.1 later; later@x.example: 451 4.2.1 later; later@x.example: 451 4.2.1 "
        "later; 7 more");
}

TEST_CASE("an attempt goes on where the ledger says that the last one ended") {
  mail::ledger_page page;
  page.entries = {{"sent", {ledger_state::sent, "250 ok"}},
                  {"refused", {ledger_state::refused, "550 no"}},
                  {"doubt", {ledger_state::in_doubt, "closed"}},
                  {"sending", {ledger_state::sending, ""}},
                  {"unsent", {ledger_state::unsent, "451 later"}}};
  const std::vector<std::string> all{"sent", "refused", "doubt", "sending", "unsent", "new"};
  const email_progress again = recall(all, page, true);
  CHECK(again.due == std::vector<std::size_t>{2, 4, 5});
  CHECK(again.results[0].status == status::sent);
  CHECK(again.results[1].status == status::refused);
  CHECK(again.results[1].words == "550 no");
  CHECK(again.results[3].status == status::not_sent);
  CHECK(again.results[3].words == "another worker is sending it right now");
  const email_progress once = recall(all, page, false);
  CHECK(once.due == std::vector<std::size_t>{4, 5});
  CHECK(once.results[2].status == status::in_doubt);
}

TEST_CASE("what the server has decided is put on record, and every claim ends") {
  mail::recipient_result sender = refused;
  sender.address = "sender@x.example";
  sender.step = step::sender;
  const auto record = to_record({sent, refused, later, not_sent, doubt, sender},
                                {"sent@x.example", "later@x.example", "doubt@x.example"});
  REQUIRE(record.size() == 4);
  CHECK(record.at("sent@x.example").state == ledger_state::sent);
  CHECK(record.at("sent@x.example").words == "250 ok");
  CHECK(record.at("refused@x.example").state == ledger_state::refused);
  CHECK(record.at("doubt@x.example").state == ledger_state::in_doubt);
  CHECK(record.at("later@x.example").state == ledger_state::unsent);
}
