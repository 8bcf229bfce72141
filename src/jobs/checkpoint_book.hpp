#pragma once

#include "runtime/clock.hpp"
#include "storage/sqlite.hpp"

#include <memory>
#include <string>

namespace lastcall::jobs {

/// The table of a checkpoint file, and what each operation of a checkpoint_store does to it. Blocks; used by
/// one thread at a time.
class checkpoint_book {
 public:
  static result<std::unique_ptr<checkpoint_book>> open(const std::string& path);

  /// Operations happen between `begin` and `commit`; after any error the transaction must be rolled back.
  result<void> begin();
  result<void> begin_reading();  ///< for operations that change nothing
  result<void> commit();
  void rollback() noexcept;

  result<std::string> load(const std::string& message_id, wall_time now);
  result<bool> save(const std::string& message_id, unsigned receive_count, const std::string& cursor,
                    wall_time now);
  result<void> remove(const std::string& message_id);

 private:
  explicit checkpoint_book(sqlite::database opened) : database_(std::move(opened)) {}
  result<void> prepare();

  sqlite::database database_;
  unsigned saved_{0};

  sqlite::statement find_;
  sqlite::statement write_;
  sqlite::statement remove_;
  sqlite::statement forget_;
};

}  // namespace lastcall::jobs
