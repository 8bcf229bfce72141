#pragma once

#include "jobs/checkpoint_store.hpp"

#include <list>
#include <mutex>
#include <unordered_map>

namespace lastcall::jobs {

/// Cursors that end with the process: a job that comes again to it goes on where it stood, elsewhere it begins
/// anew. Of more than `most_bytes` in all those saved the longest ago are forgotten.
class memory_checkpoints final : public checkpoint_store {
 public:
  explicit memory_checkpoints(std::size_t most_bytes = std::size_t{64} * 1024 * 1024)
      : most_bytes_(most_bytes) {}

  boost::asio::awaitable<result<std::string>> load(std::string message_id, wall_time now) override;
  boost::asio::awaitable<result<bool>> save(std::string message_id, unsigned receive_count,
                                            std::string cursor, wall_time now) override;
  boost::asio::awaitable<result<void>> remove(std::string message_id) override;

 private:
  struct entry {
    std::string message_id;
    unsigned receive_count;
    std::string cursor;
    wall_time saved_at;
  };
  using entries = std::list<entry>;

  void forget(entries::iterator);

  const std::size_t most_bytes_;
  std::mutex guard_;
  entries by_age_;  // the one saved the longest ago first
  std::unordered_map<std::string, entries::iterator> by_message_;
  std::size_t bytes_{0};
};

}  // namespace lastcall::jobs
