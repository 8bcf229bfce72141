#include "jobs/scratch_folder.hpp"
#include "mail/memory_ledger.hpp"
#include "mail/sqlite_ledger.hpp"
#include "storage/sqlite.hpp"
#include "support/run.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>

using namespace lastcall;
using namespace lastcall::mail;
using lastcall::testing::run;
namespace asio = boost::asio;

namespace {

using std::chrono::hours;
using std::chrono::seconds;
using time_point = std::chrono::system_clock::time_point;

const time_point noon{seconds(1'700'000'000)};
const std::vector<std::string> bob_and_carol{"bob@example.org", "carol@example.org"};

ledger_page page_of(asio::io_context& context, ledger& l, const std::string& job, time_point now = noon) {
  return run(context, l.open(job, now)).value();
}

bool claim(asio::io_context& context, ledger& l, const std::string& job,
           std::vector<std::string> recipients) {
  return run(context, l.claim(job, std::move(recipients))).value();
}

void settle(asio::io_context& context, ledger& l, const std::string& job, const std::string& recipient,
            ledger_state state, const std::string& words = {}) {
  REQUIRE(run(context, l.settle(job, {{recipient, {state, words}}})).has_value());
}

/// The promise is the same for all ledgers.
void for_each_ledger(const std::function<void(asio::io_context&, ledger&)>& check) {
  asio::io_context context;
  memory_ledger in_memory;
  SUBCASE("in memory") { check(context, in_memory); }
  SUBCASE("in a file") {
    const testing::scratch_folder f;
    const auto in_file = sqlite_ledger::in_file(f.file("ledger.db")).value();
    check(context, *in_file);
  }
}

}  // namespace

TEST_CASE("a job's date is that of its first attempt") {
  for_each_ledger([](asio::io_context& context, ledger& l) {
    CHECK(page_of(context, l, "job", noon).date == noon);
    CHECK(page_of(context, l, "job", noon + hours(3)).date == noon);
    CHECK(page_of(context, l, "other", noon + hours(3)).date == noon + hours(3));
    CHECK(page_of(context, l, "job").entries.empty());
  });
}

TEST_CASE("a recipient is claimed before the dot and settled after it") {
  for_each_ledger([](asio::io_context& context, ledger& l) {
    page_of(context, l, "job");
    CHECK(claim(context, l, "job", bob_and_carol));
    CHECK(page_of(context, l, "job").state_of("bob@example.org") == ledger_state::sending);
    settle(context, l, "job", "bob@example.org", ledger_state::sent, "250 queued as 17");
    settle(context, l, "job", "carol@example.org", ledger_state::refused, "550 no");
    const ledger_page page = page_of(context, l, "job");
    CHECK(page.state_of("bob@example.org") == ledger_state::sent);
    CHECK(page.entries.at("bob@example.org").words == "250 queued as 17");
    CHECK(page.state_of("carol@example.org") == ledger_state::refused);
    CHECK(page.state_of("dave@example.org") == ledger_state::unsent);
    CHECK(page_of(context, l, "other").entries.empty());
  });
}

TEST_CASE("of two that claim the same recipient one gets it, and a claim is for all or none") {
  for_each_ledger([](asio::io_context& context, ledger& l) {
    page_of(context, l, "job");
    CHECK(claim(context, l, "job", {"bob@example.org"}));
    CHECK_FALSE(claim(context, l, "job", {"bob@example.org"}));
    CHECK_FALSE(claim(context, l, "job", {"carol@example.org", "bob@example.org"}));
    CHECK(page_of(context, l, "job").state_of("carol@example.org") == ledger_state::unsent);
    settle(context, l, "job", "bob@example.org", ledger_state::unsent);
    CHECK(claim(context, l, "job", {"bob@example.org"}));
    settle(context, l, "job", "bob@example.org", ledger_state::in_doubt);
    CHECK(claim(context, l, "job", {"bob@example.org"}));
    settle(context, l, "job", "bob@example.org", ledger_state::sent);
    CHECK_FALSE(claim(context, l, "job", {"bob@example.org"}));
  });
}

TEST_CASE("what is sent stays sent") {
  for_each_ledger([](asio::io_context& context, ledger& l) {
    page_of(context, l, "job");
    settle(context, l, "job", "bob@example.org", ledger_state::sent, "250 first");
    settle(context, l, "job", "bob@example.org", ledger_state::unsent, "late");
    CHECK(page_of(context, l, "job").state_of("bob@example.org") == ledger_state::sent);
    CHECK(page_of(context, l, "job").entries.at("bob@example.org").words == "250 first");
  });
}

TEST_CASE("a ledger in memory forgets what no queue can still hold") {
  asio::io_context context;
  memory_ledger l(hours(24));
  page_of(context, l, "old", noon);
  settle(context, l, "old", "bob@example.org", ledger_state::sent);
  page_of(context, l, "new", noon + hours(25));
  CHECK(page_of(context, l, "old", noon + hours(25)).entries.empty());
}

TEST_CASE("a ledger in a file outlives its process, and forgets what no queue can still hold") {
  asio::io_context context;
  const testing::scratch_folder f;
  {
    const auto l = sqlite_ledger::in_file(f.file("ledger.db")).value();
    page_of(context, *l, "job", noon);
    settle(context, *l, "job", "bob@example.org", ledger_state::sent, "250 ok");
  }
  const auto again = sqlite_ledger::in_file(f.file("ledger.db")).value();
  CHECK(page_of(context, *again, "job", noon + hours(1)).date == noon);
  CHECK(page_of(context, *again, "job", noon + hours(1)).state_of("bob@example.org") == ledger_state::sent);
  const auto later = sqlite_ledger::in_file(f.file("ledger.db")).value();
  page_of(context, *later, "other", noon + hours(24 * 15));
  CHECK(page_of(context, *later, "job", noon + hours(24 * 15)).entries.empty());
}

TEST_CASE("what a dead process was sending is in doubt; what a living one is sending is not") {
  asio::io_context context;
  const testing::scratch_folder f;
  const auto mine = sqlite_ledger::in_file(f.file("ledger.db")).value();
  auto theirs = sqlite_ledger::in_file(f.file("ledger.db")).value();
  page_of(context, *theirs, "job");
  CHECK(claim(context, *theirs, "job", {"bob@example.org"}));
  CHECK(page_of(context, *mine, "job").state_of("bob@example.org") == ledger_state::sending);
  CHECK_FALSE(claim(context, *mine, "job", {"bob@example.org"}));
  theirs.reset();
  CHECK(page_of(context, *mine, "job").state_of("bob@example.org") == ledger_state::in_doubt);
  CHECK(claim(context, *mine, "job", {"bob@example.org"}));
  CHECK(page_of(context, *mine, "job").state_of("bob@example.org") == ledger_state::sending);
}

TEST_CASE("operations that come together are all done") {
  asio::io_context context;
  const testing::scratch_folder f;
  const auto l = sqlite_ledger::in_file(f.file("ledger.db")).value();
  int done = 0;
  for (int i = 0; i < 300; ++i)
    asio::co_spawn(
        context, l->open("job" + std::to_string(i), noon),
        [&done](std::exception_ptr, result<ledger_page> page) { done += page.has_value() ? 1 : 0; });
  context.run();
  CHECK(done == 300);
}

TEST_CASE("an operation that fails takes none of those down that came with it") {
  asio::io_context context;
  const testing::scratch_folder f;
  const auto l = sqlite_ledger::in_file(f.file("ledger.db")).value();
  auto other = sqlite::database::open(f.file("ledger.db"), 1000).value();
  REQUIRE(other
              .execute("CREATE TRIGGER no BEFORE INSERT ON entry WHEN NEW.recipient = 'bad' "
                       "BEGIN SELECT RAISE(ABORT, 'not this one'); END")
              .has_value());
  int claimed = 0;
  std::vector<std::string> problems;
  for (int i = 0; i < 60; ++i) {
    std::vector<std::string> recipients{i == 40 ? "bad" : "bob@example.org"};
    asio::co_spawn(context, l->claim("job" + std::to_string(i), std::move(recipients)),
                   [&](std::exception_ptr, result<bool> done) {
                     claimed += done.has_value() && *done ? 1 : 0;
                     if (!done) problems.push_back(done.error().message);
                   });
  }
  context.run();
  CHECK(claimed == 59);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("not this one") != std::string::npos);
}

TEST_CASE("a file that can't be a ledger is refused, with its name and the reason") {
  const testing::scratch_folder f;
  const auto why = [](const std::string& path) {
    const auto l = sqlite_ledger::in_file(path);
    REQUIRE_FALSE(l.has_value());
    CHECK(l.error().kind == error_kind::io);
    CHECK(l.error().message.find(path) != std::string::npos);
    return l.error().message;
  };
  CHECK(why(f.file("missing/ledger.db")).find("folder must exist") != std::string::npos);
  std::ofstream(f.file("text")) << "this is no database, and it is long enough to be seen as none by SQLite";
  CHECK(why(f.file("text")).find("not a database") != std::string::npos);
  auto other = sqlite::database::open(f.file("other"), 0).value();
  REQUIRE(other.execute("CREATE TABLE x (y)").has_value());
  CHECK(why(f.file("other")).find("another program") != std::string::npos);
  {
    REQUIRE(sqlite_ledger::in_file(f.file("newer")).has_value());
  }
  auto newer = sqlite::database::open(f.file("newer"), 0).value();
  REQUIRE(newer.execute("PRAGMA user_version = 9").has_value());
  CHECK(why(f.file("newer")).find("version 9") != std::string::npos);
}

TEST_CASE("a ledger that can't be written says so and goes on afterwards") {
  asio::io_context context;
  const testing::scratch_folder f;
  const auto l = sqlite_ledger::in_file(f.file("ledger.db")).value();
  page_of(context, *l, "job");
  auto other = sqlite::database::open(f.file("ledger.db"), 0).value();
  REQUIRE(other.execute("ALTER TABLE entry RENAME TO hidden").has_value());
  const auto claimed = run(context, l->claim("job", {"bob@example.org"}));
  REQUIRE_FALSE(claimed.has_value());
  CHECK(claimed.error().message.find(f.file("ledger.db")) != std::string::npos);
  REQUIRE(other.execute("ALTER TABLE hidden RENAME TO entry").has_value());
  CHECK(claim(context, *l, "job", {"bob@example.org"}));
}
