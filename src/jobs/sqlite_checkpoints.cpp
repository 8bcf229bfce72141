#include "jobs/sqlite_checkpoints.hpp"

#include "jobs/checkpoint_book.hpp"
#include "storage/scribe.hpp"

#include <utility>

namespace lastcall::jobs {
namespace asio = boost::asio;

result<std::unique_ptr<sqlite_checkpoints>> sqlite_checkpoints::in_file(const std::string& path) {
  auto book = checkpoint_book::open(path);
  if (!book) return book.error();
  auto writer = std::make_unique<scribe>("the checkpoint file '" + path + "'", std::move(*book));
  return std::unique_ptr<sqlite_checkpoints>(new sqlite_checkpoints(std::move(writer)));
}

sqlite_checkpoints::sqlite_checkpoints(std::unique_ptr<scribe> s) noexcept : scribe_(std::move(s)) {}
sqlite_checkpoints::~sqlite_checkpoints() = default;

asio::awaitable<result<std::string>> sqlite_checkpoints::load(std::string message_id, wall_time now) {
  auto work = [id = std::move(message_id), now](checkpoint_book& book) { return book.load(id, now); };
  return scribe_->look<std::string>(std::move(work));
}

asio::awaitable<result<bool>> sqlite_checkpoints::save(std::string message_id, unsigned receive_count,
                                                       std::string cursor, wall_time now) {
  auto work = [id = std::move(message_id), receive_count, cursor = std::move(cursor),
               now](checkpoint_book& book) { return book.save(id, receive_count, cursor, now); };
  return scribe_->submit<bool>(std::move(work));
}

asio::awaitable<result<void>> sqlite_checkpoints::remove(std::string message_id) {
  auto work = [id = std::move(message_id)](checkpoint_book& book) { return book.remove(id); };
  return scribe_->submit<void>(std::move(work));
}

}  // namespace lastcall::jobs
