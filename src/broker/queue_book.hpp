#pragma once

#include "base/error.hpp"
#include "broker/saved.hpp"
#include "storage/sqlite.hpp"

#include <functional>
#include <memory>
#include <string>

namespace lastcall::broker {

/// The tables of a data file (SQLite): how changes are written into them, and records read from them.
/// Blocks; used by one thread at a time. Nobody else can use the file while it is open.
class queue_book {
 public:
  /// Opens or creates the file. The errors name it, what is wrong, and what to do.
  static result<std::unique_ptr<queue_book>> open(const std::string& path);

  /// In one transaction, which has reached the disk on return. After an error nothing of it has happened.
  /// `now` dates what is remembered only for a time: what is over is dropped now and then.
  result<void> write(const change_set&, wall_time now);
  result<void> read(const std::function<void(saved_record)>& each);
  /// As if the disk had room for this many pages of 4 KiB.
  result<void> limit_pages(std::uint32_t pages);

 private:
  queue_book(sqlite::database database, std::string path)
      : database_(std::move(database)), path_(std::move(path)) {}

  result<void> set_up();
  result<void> check_version();
  result<void> prepare();
  error about(error) const;
  result<void> apply(const change_set&, wall_time now);
  result<void> apply_to_queues(const change_set&);
  result<void> apply_to_messages(const change_set&);
  result<void> apply_to_memories(const change_set&, wall_time now);
  result<void> drop_contents(std::uint64_t queue_id);
  result<void> write(const saved_queue&);
  result<void> write(const saved_message&);
  result<void> write(const saved_state&);
  result<void> write(const saved_task&);

  using reader = std::function<void(saved_record)>;
  result<void> read_queues(const reader&);
  result<void> read_messages(const reader&);
  result<void> read_memories(const reader&);

  sqlite::database database_;
  const std::string path_;
  wall_time next_cleaning_{};

  sqlite::statement set_counter_, add_queue_, drop_queue_, set_serial_, add_deletion_;
  sqlite::statement add_message_, set_state_, drop_message_, drop_state_, drop_messages_, drop_states_;
  sqlite::statement add_acceptance_, drop_acceptances_, forget_acceptances_;
  sqlite::statement add_attempt_, drop_attempts_, forget_attempts_, forget_deletions_;
  sqlite::statement add_task_, drop_tasks_;
};

}  // namespace lastcall::broker
