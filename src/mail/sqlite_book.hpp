#pragma once

#include "mail/ledger.hpp"
#include "mail/owner_lock.hpp"
#include "storage/sqlite.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lastcall::mail {

/// The tables of a SQLite ledger, and what each of its operations does to them. Blocks; used by one thread at
/// a time.
class sqlite_book {
 public:
  using time_point = std::chrono::system_clock::time_point;

  static result<std::unique_ptr<sqlite_book>> open(const std::string& path, std::chrono::hours retention);

  /// Operations happen between `begin` and `commit`; after any error the transaction must be rolled back.
  result<void> begin();
  result<void> begin_reading();  ///< for operations that change nothing
  result<void> commit();
  void rollback() noexcept;

  result<ledger_page> open_page(const std::string& job, time_point now);
  result<bool> claim(const std::string& job, const std::vector<std::string>& recipients);
  result<void> settle(const std::string& job, const std::map<std::string, ledger_entry>& outcomes);

 private:
  sqlite_book(sqlite::database, owner_lock, std::chrono::hours retention);
  result<void> become_owner();
  result<void> prepare();
  result<void> forget(time_point before);
  ledger_state as_seen_here(std::int64_t state, std::int64_t owner) const noexcept;

  sqlite::database database_;
  owner_lock lock_;
  const std::chrono::hours retention_;
  std::int64_t owner_{0};
  unsigned opened_{0};

  sqlite::statement add_job_;
  sqlite::statement find_job_;
  sqlite::statement find_entries_;
  sqlite::statement find_entry_;
  sqlite::statement write_entry_;
  sqlite::statement forget_entries_;
  sqlite::statement forget_jobs_;
};

}  // namespace lastcall::mail
