#include "storage/sqlite.hpp"

#include <sqlite3.h>

#include <charconv>

namespace lastcall::sqlite {
namespace {

constexpr std::string_view code_prefix = "sqlite ";

error why(sqlite3* database) {
  return {error_kind::io, std::string(code_prefix) + std::to_string(sqlite3_extended_errcode(database)),
          sqlite3_errmsg(database)};
}

}  // namespace

trouble trouble_of(const error& e) noexcept {
  int code = 0;
  if (e.code.starts_with(code_prefix))
    std::from_chars(e.code.data() + code_prefix.size(), e.code.data() + e.code.size(), code);
  switch (code & 0xFF) {  // the rest says more of the same
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return trouble::locked;
    case SQLITE_FULL:
      return trouble::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return trouble::damaged;
    default:
      return trouble::other;
  }
}

void closer::operator()(sqlite3* handle) const noexcept { sqlite3_close(handle); }
void closer::operator()(sqlite3_stmt* handle) const noexcept { sqlite3_finalize(handle); }

statement& statement::reset() noexcept {
  sqlite3_reset(handle_.get());
  return *this;
}

statement& statement::bind(int index, std::string_view text) noexcept {
  static constexpr const char* nothing = "";  // a null pointer would be NULL
  sqlite3_bind_text(handle_.get(), index, text.empty() ? nothing : text.data(), static_cast<int>(text.size()),
                    SQLITE_STATIC);
  return *this;
}

statement& statement::bind_blob(int index, std::string_view bytes) noexcept {
  static constexpr const char* nothing = "";  // a null pointer would be NULL
  sqlite3_bind_blob(handle_.get(), index, bytes.empty() ? nothing : bytes.data(),
                    static_cast<int>(bytes.size()), SQLITE_STATIC);
  return *this;
}

statement& statement::bind(int index, std::int64_t number) noexcept {
  sqlite3_bind_int64(handle_.get(), index, number);
  return *this;
}

result<bool> statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return why(database_);
}

result<void> statement::run() {
  if (auto row = step(); !row) return row.error();
  reset();
  return {};
}

std::string statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  return bytes == nullptr
             ? std::string()
             : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column)));
}

std::int64_t statement::number(int column) const noexcept {
  return sqlite3_column_int64(handle_.get(), column);
}

result<database> database::open(const std::string& path, int busy_ms) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  database opened(handle);
  if (code != SQLITE_OK) return why(handle);
  sqlite3_busy_timeout(handle, busy_ms);
  return opened;
}

result<void> database::execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return why(handle_.get());
  return {};
}

result<statement> database::prepare(std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  if (code != SQLITE_OK) return why(handle_.get());
  return statement(handle_.get(), made);
}

result<std::int64_t> database::number(std::string_view sql) {
  auto query = prepare(sql);
  if (!query) return query.error();
  if (auto row = query->step(); !row) return row.error();
  return query->number(0);
}

std::int64_t database::last_row_id() const noexcept { return sqlite3_last_insert_rowid(handle_.get()); }

}  // namespace lastcall::sqlite
