#pragma once

#include "jobs/checkpoint_store.hpp"

#include <memory>

namespace lastcall::sqlite {
template <class Book>
class scribe;
}

namespace lastcall::jobs {

class checkpoint_book;

/// Cursors in a SQLite file that the workers of one machine share: they survive restarts, crashes and a power
/// loss (WAL, synchronous=FULL). Beside the file lie SQLite's `-wal` and `-shm`.
class sqlite_checkpoints final : public checkpoint_store {
 public:
  /// Opens or creates the file. The errors name it, and what to do.
  static result<std::unique_ptr<sqlite_checkpoints>> in_file(const std::string& path);
  /// No operation may be under way.
  ~sqlite_checkpoints() override;
  sqlite_checkpoints(const sqlite_checkpoints&) = delete;
  sqlite_checkpoints& operator=(const sqlite_checkpoints&) = delete;

  boost::asio::awaitable<result<std::string>> load(std::string message_id, wall_time now) override;
  boost::asio::awaitable<result<bool>> save(std::string message_id, unsigned receive_count,
                                            std::string cursor, wall_time now) override;
  boost::asio::awaitable<result<void>> remove(std::string message_id) override;

 private:
  using scribe = sqlite::scribe<checkpoint_book>;
  explicit sqlite_checkpoints(std::unique_ptr<scribe>) noexcept;
  std::unique_ptr<scribe> scribe_;
};

}  // namespace lastcall::jobs
