#include "mail/sqlite_book.hpp"

#include "storage/file_format.hpp"

#include <array>
#include <utility>

namespace lastcall::mail {
namespace {

constexpr int busy_ms = 5000;
constexpr unsigned opens_between_forgetting = 1000;
constexpr std::int64_t forgotten_at_once = 2000;

constexpr const char* schema = R"(
CREATE TABLE job (
  id TEXT PRIMARY KEY,
  date_us INTEGER NOT NULL            -- of the first attempt, since 1970
) WITHOUT ROWID;
CREATE INDEX job_by_date ON job (date_us);
CREATE TABLE entry (
  job TEXT NOT NULL,
  recipient TEXT NOT NULL,
  state INTEGER NOT NULL,             -- ledger_state
  owner INTEGER NOT NULL,             -- who wrote it
  words TEXT NOT NULL,
  PRIMARY KEY (job, recipient)
) WITHOUT ROWID;
CREATE TABLE owner (id INTEGER PRIMARY KEY AUTOINCREMENT);
)";
constexpr sqlite::file_format format{0x6C63616C /* "lcal" */, 1, schema};

std::int64_t to_us(sqlite_book::time_point time) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

sqlite_book::time_point from_us(std::int64_t us) noexcept {
  return sqlite_book::time_point(
      std::chrono::duration_cast<sqlite_book::time_point::duration>(std::chrono::microseconds(us)));
}

error about(const std::string& path, error e) {
  e.message = "the ledger '" + path + "' can't be used: " + e.message;
  return e;
}

}  // namespace

result<std::unique_ptr<sqlite_book>> sqlite_book::open(const std::string& path,
                                                       std::chrono::hours retention) {
  auto database = sqlite::database::open(path, busy_ms);
  if (!database) {
    error e = about(path, database.error());
    e.message += "; its folder must exist and be writable";
    return e;
  }
  auto lock = owner_lock::open(path + "-owners");
  if (!lock) return about(path, lock.error());
  std::unique_ptr<sqlite_book> book(new sqlite_book(std::move(*database), std::move(*lock), retention));
  if (auto ok = sqlite::adopt(book->database_, format); !ok) return about(path, ok.error());
  if (auto ok = book->become_owner(); !ok) return about(path, ok.error());
  if (auto ok = book->prepare(); !ok) return about(path, ok.error());
  return book;
}

sqlite_book::sqlite_book(sqlite::database database, owner_lock lock, std::chrono::hours retention)
    : database_(std::move(database)), lock_(std::move(lock)), retention_(retention) {}

/// Takes a number that no owner had before. Until it is locked nobody can meet it: no entry bears it yet.
result<void> sqlite_book::become_owner() {
  if (auto ok = begin(); !ok) return ok;
  if (auto ok = database_.execute("INSERT INTO owner DEFAULT VALUES"); !ok) return ok;
  owner_ = database_.last_row_id();
  if (auto ok = database_.execute("DELETE FROM owner"); !ok) return ok;  // AUTOINCREMENT remembers the number
  if (auto ok = commit(); !ok) return ok;
  return lock_.become(owner_);
}

result<void> sqlite_book::prepare() {
  const std::array<std::pair<sqlite::statement*, const char*>, 7> statements{{
      {&add_job_, "INSERT OR IGNORE INTO job (id, date_us) VALUES (?1, ?2)"},
      {&find_job_, "SELECT date_us FROM job WHERE id = ?1"},
      {&find_entries_, "SELECT recipient, state, owner, words FROM entry WHERE job = ?1"},
      {&find_entry_, "SELECT state, owner FROM entry WHERE job = ?1 AND recipient = ?2"},
      {&write_entry_,
       "INSERT INTO entry (job, recipient, state, owner, words) VALUES (?1, ?2, ?3, ?4, ?5) "
       "ON CONFLICT DO UPDATE SET state = ?3, owner = ?4, words = ?5 WHERE state <> ?6"},
      {&forget_entries_,
       "DELETE FROM entry WHERE job IN (SELECT id FROM job WHERE date_us < ?1 ORDER BY date_us LIMIT ?2)"},
      {&forget_jobs_,
       "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE date_us < ?1 ORDER BY date_us LIMIT ?2)"},
  }};
  for (const auto& [statement, sql] : statements) {
    auto made = database_.prepare(sql);
    if (!made) return made.error();
    *statement = std::move(*made);
  }
  return {};
}

result<void> sqlite_book::begin() { return database_.execute("BEGIN IMMEDIATE"); }
result<void> sqlite_book::begin_reading() { return database_.execute("BEGIN"); }
result<void> sqlite_book::commit() { return database_.execute("COMMIT"); }

void sqlite_book::rollback() noexcept {
  // SQLite itself has rolled back after some errors; then this one fails, and nothing is to be done about it.
  static_cast<void>(database_.execute("ROLLBACK"));
}

result<ledger_page> sqlite_book::open_page(const std::string& job, time_point now) {
  if (opened_++ % opens_between_forgetting == 0)
    if (auto ok = forget(now - retention_); !ok) return ok.error();
  if (auto ok = add_job_.reset().bind(1, job).bind(2, to_us(now)).run(); !ok) return ok.error();
  if (auto row = find_job_.reset().bind(1, job).step(); !row) return row.error();
  ledger_page page{from_us(find_job_.number(0)), {}};
  find_job_.reset();
  find_entries_.reset().bind(1, job);
  for (;;) {
    const auto row = find_entries_.step();
    if (!row) return row.error();
    if (!*row) break;
    page.entries[find_entries_.text(0)] = {as_seen_here(find_entries_.number(1), find_entries_.number(2)),
                                           find_entries_.text(3)};
  }
  find_entries_.reset();
  return page;
}

result<bool> sqlite_book::claim(const std::string& job, const std::vector<std::string>& recipients) {
  for (const std::string& recipient : recipients) {
    const auto row = find_entry_.reset().bind(1, job).bind(2, recipient).step();
    if (!row) return row.error();
    const auto state =
        *row ? as_seen_here(find_entry_.number(0), find_entry_.number(1)) : ledger_state::unsent;
    find_entry_.reset();
    if (state != ledger_state::unsent && state != ledger_state::in_doubt) return false;
  }
  std::map<std::string, ledger_entry> claims;
  for (const std::string& recipient : recipients)
    claims[recipient].state = ledger_state::sending;
  if (auto ok = settle(job, claims); !ok) return ok.error();
  return true;
}

result<void> sqlite_book::settle(const std::string& job,
                                 const std::map<std::string, ledger_entry>& outcomes) {
  for (const auto& [recipient, entry] : outcomes) {
    write_entry_.reset().bind(1, job).bind(2, recipient).bind(3, static_cast<std::int64_t>(entry.state));
    write_entry_.bind(4, owner_).bind(5, entry.words).bind(6, static_cast<std::int64_t>(ledger_state::sent));
    if (auto ok = write_entry_.run(); !ok) return ok;
  }
  return {};
}

result<void> sqlite_book::forget(time_point before) {
  for (sqlite::statement* statement : {&forget_entries_, &forget_jobs_})
    if (auto ok = statement->reset().bind(1, to_us(before)).bind(2, forgotten_at_once).run(); !ok) return ok;
  return {};
}

ledger_state sqlite_book::as_seen_here(std::int64_t state, std::int64_t owner) const noexcept {
  const auto written = static_cast<ledger_state>(state);
  return written == ledger_state::sending && !lock_.is_alive(owner) ? ledger_state::in_doubt : written;
}

}  // namespace lastcall::mail
