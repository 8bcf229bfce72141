#pragma once

#include "mail/ledger.hpp"

#include <memory>

namespace lastcall::sqlite {
template <class Book>
class scribe;
}

namespace lastcall::mail {

class sqlite_book;

/// A ledger in a SQLite file, for the processes of one machine: it survives their crashes and a power loss
/// (WAL, synchronous=FULL). A thread of its own does the work and commits what has come together in one
/// transaction, so that no strand waits for the disk. Beside the file lie SQLite's `-wal` and `-shm`, and
/// `-owners`.
///
/// Pages are dropped after `retention`, the longest that SQS keeps a message.
class sqlite_ledger final : public ledger {
 public:
  /// Opens or creates the file. The errors name it, and what to do.
  static result<std::unique_ptr<sqlite_ledger>> in_file(
      const std::string& path, std::chrono::hours retention = std::chrono::hours(24) * 14);
  /// No operation may be under way.
  ~sqlite_ledger() override;
  sqlite_ledger(const sqlite_ledger&) = delete;
  sqlite_ledger& operator=(const sqlite_ledger&) = delete;

  boost::asio::awaitable<result<ledger_page>> open(std::string job,
                                                   std::chrono::system_clock::time_point now) override;
  boost::asio::awaitable<result<bool>> claim(std::string job, std::vector<std::string> recipients) override;
  boost::asio::awaitable<result<void>> settle(std::string job,
                                              std::map<std::string, ledger_entry> outcomes) override;

 private:
  using scribe = sqlite::scribe<sqlite_book>;
  explicit sqlite_ledger(std::unique_ptr<scribe>) noexcept;
  std::unique_ptr<scribe> scribe_;
};

}  // namespace lastcall::mail
