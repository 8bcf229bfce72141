#include "jobs/memory_checkpoints.hpp"

#include <iterator>
#include <utility>

namespace lastcall::jobs {
namespace asio = boost::asio;

asio::awaitable<result<std::string>> memory_checkpoints::load(std::string message_id, wall_time now) {
  const std::scoped_lock lock(guard_);
  const auto found = by_message_.find(message_id);
  if (found == by_message_.end() || found->second->saved_at + checkpoint_retention < now)
    co_return std::string();
  co_return found->second->cursor;
}

asio::awaitable<result<bool>> memory_checkpoints::save(std::string message_id, unsigned receive_count,
                                                       std::string cursor, wall_time now) {
  const std::scoped_lock lock(guard_);
  if (const auto found = by_message_.find(message_id); found != by_message_.end()) {
    if (found->second->receive_count > receive_count) co_return false;
    forget(found->second);
  }
  bytes_ += cursor.size();
  by_age_.push_back({message_id, receive_count, std::move(cursor), now});
  by_message_.emplace(std::move(message_id), std::prev(by_age_.end()));
  while (!by_age_.empty() && (bytes_ > most_bytes_ || by_age_.front().saved_at + checkpoint_retention < now))
    forget(by_age_.begin());
  co_return true;
}

asio::awaitable<result<void>> memory_checkpoints::remove(std::string message_id) {
  const std::scoped_lock lock(guard_);
  if (const auto found = by_message_.find(message_id); found != by_message_.end()) forget(found->second);
  co_return result<void>();
}

void memory_checkpoints::forget(entries::iterator which) {
  bytes_ -= which->cursor.size();
  by_message_.erase(which->message_id);
  by_age_.erase(which);
}

}  // namespace lastcall::jobs
