#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// SQLite, as far as it is used here: errors as `result`, handles that close themselves. Used by one thread
/// at a time.
namespace lastcall::sqlite {

/// What an operator can do something about.
enum class trouble {
  other,
  locked,   ///< another process holds the file
  full,     ///< the disk is
  damaged,  ///< what is in the file is not, or no longer, a database
};
/// What an error of this wrapper is.
trouble trouble_of(const error&) noexcept;

struct closer {
  void operator()(sqlite3*) const noexcept;
  void operator()(sqlite3_stmt*) const noexcept;
};

/// A prepared statement, run again and again. Parameters and columns count from the left: ?1, and column 0.
class statement {
 public:
  statement() = default;
  statement(sqlite3* database, sqlite3_stmt* owned) noexcept : database_(database), handle_(owned) {}

  /// Ends the run before, so that parameters may be set.
  statement& reset() noexcept;
  /// The text must live until the statement has run.
  statement& bind(int index, std::string_view text) noexcept;
  statement& bind(int index, std::int64_t number) noexcept;
  /// The bytes must live until the statement has run.
  statement& bind_blob(int index, std::string_view bytes) noexcept;
  /// True: there is a row. False: the statement is done.
  result<bool> step();
  /// Runs a statement that has no rows to look at.
  result<void> run();

  std::string text(int column) const;
  std::int64_t number(int column) const noexcept;

 private:
  sqlite3* database_{nullptr};
  std::unique_ptr<sqlite3_stmt, closer> handle_;
};

class database {
 public:
  /// Opens or creates the file. Waits up to `busy_ms` for locks that other processes hold.
  static result<database> open(const std::string& path, int busy_ms);

  /// Runs statements that have no parameters and no rows.
  result<void> execute(const char* sql);
  result<statement> prepare(std::string_view sql);
  /// The one number that a query gives.
  result<std::int64_t> number(std::string_view sql);
  std::int64_t last_row_id() const noexcept;

 private:
  explicit database(sqlite3* owned) noexcept : handle_(owned) {}
  std::unique_ptr<sqlite3, closer> handle_;
};

}  // namespace lastcall::sqlite
