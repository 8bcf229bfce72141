#include "jobs/checkpoint_book.hpp"

#include "jobs/checkpoint_store.hpp"
#include "storage/file_format.hpp"

#include <array>
#include <chrono>
#include <utility>

namespace lastcall::jobs {
namespace {

constexpr int busy_ms = 5000;
constexpr unsigned saves_between_forgetting = 1000;
constexpr std::int64_t forgotten_at_once = 2000;

constexpr sqlite::file_format format{0x6C637063 /* "lcpc" */, 1, R"(
CREATE TABLE checkpoint (
  message TEXT PRIMARY KEY,
  receive_count INTEGER NOT NULL,     -- of the delivery whose job saved it
  saved_us INTEGER NOT NULL,          -- since 1970
  cursor BLOB NOT NULL
);
CREATE INDEX checkpoint_by_age ON checkpoint (saved_us);
)"};

std::int64_t to_us(wall_time time) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

std::int64_t oldest_us(wall_time now) noexcept { return to_us(now - checkpoint_retention); }

error about(const std::string& path, error e, const char* advice) {
  e.message = "the checkpoint file '" + path + "' can't be used: " + e.message + advice;
  return e;
}

}  // namespace

result<std::unique_ptr<checkpoint_book>> checkpoint_book::open(const std::string& path) {
  auto opened = sqlite::database::open(path, busy_ms);
  if (!opened) return about(path, opened.error(), "; its folder must exist and be writable");
  constexpr const char* advice =
      "; name another file, or move this one away (jobs that were cut then begin anew)";
  if (auto ok = sqlite::adopt(*opened, format); !ok) return about(path, ok.error(), advice);
  std::unique_ptr<checkpoint_book> book(new checkpoint_book(std::move(*opened)));
  if (auto ok = book->prepare(); !ok) return about(path, ok.error(), advice);
  return book;
}

result<void> checkpoint_book::prepare() {
  const std::array<std::pair<sqlite::statement*, const char*>, 4> statements{{
      {&find_, "SELECT receive_count, saved_us, cursor FROM checkpoint WHERE message = ?1"},
      {&write_,
       "INSERT INTO checkpoint (message, receive_count, saved_us, cursor) VALUES (?1, ?2, ?3, ?4) "
       "ON CONFLICT DO UPDATE SET receive_count = ?2, saved_us = ?3, cursor = ?4"},
      {&remove_, "DELETE FROM checkpoint WHERE message = ?1"},
      {&forget_,
       "DELETE FROM checkpoint WHERE rowid IN "
       "(SELECT rowid FROM checkpoint WHERE saved_us < ?1 ORDER BY saved_us LIMIT ?2)"},
  }};
  for (const auto& [statement, sql] : statements) {
    auto made = database_.prepare(sql);
    if (!made) return made.error();
    *statement = std::move(*made);
  }
  return {};
}

result<void> checkpoint_book::begin() { return database_.execute("BEGIN IMMEDIATE"); }
result<void> checkpoint_book::begin_reading() { return database_.execute("BEGIN"); }
result<void> checkpoint_book::commit() { return database_.execute("COMMIT"); }

void checkpoint_book::rollback() noexcept {
  // SQLite itself has rolled back after some errors; then this one fails, and nothing is to be done about it.
  static_cast<void>(database_.execute("ROLLBACK"));
}

result<std::string> checkpoint_book::load(const std::string& message_id, wall_time now) {
  const auto row = find_.reset().bind(1, message_id).step();
  if (!row) return row.error();
  std::string cursor;
  if (*row && find_.number(1) >= oldest_us(now)) cursor = find_.text(2);
  find_.reset();
  return cursor;
}

result<bool> checkpoint_book::save(const std::string& message_id, unsigned receive_count,
                                   const std::string& cursor, wall_time now) {
  if (saved_++ % saves_between_forgetting == 0)
    if (auto ok = forget_.reset().bind(1, oldest_us(now)).bind(2, forgotten_at_once).run(); !ok)
      return ok.error();
  const auto row = find_.reset().bind(1, message_id).step();
  if (!row) return row.error();
  const bool is_late = *row && find_.number(0) > receive_count;
  find_.reset();
  if (is_late) return false;
  write_.reset().bind(1, message_id).bind(2, std::int64_t{receive_count}).bind(3, to_us(now));
  if (auto ok = write_.bind_blob(4, cursor).run(); !ok) return ok.error();
  return true;
}

result<void> checkpoint_book::remove(const std::string& message_id) {
  return remove_.reset().bind(1, message_id).run();
}

}  // namespace lastcall::jobs
