#include "app/checkpoints.hpp"

#include "app/exit_code.hpp"
#include "jobs/checkpointed.hpp"
#include "jobs/memory_checkpoints.hpp"
#include "jobs/sqlite_checkpoints.hpp"

#include <utility>

namespace lastcall::app {

namespace asio = boost::asio;

namespace {

using store_ptr = std::shared_ptr<jobs::checkpoint_store>;

store_ptr open_store(const std::string& path) {
  if (path.empty()) return std::make_shared<jobs::memory_checkpoints>();
  auto opened = jobs::sqlite_checkpoints::in_file(path);
  if (!opened) throw refusal(exit_config, "--checkpoints: " + opened.error().message);
  return std::move(*opened);
}

class checkpointed_job final : public shard_job {
 public:
  checkpointed_job(const asio::any_io_executor& strand, store_ptr store, std::unique_ptr<shard_job> inner)
      : store_(std::move(store)),
        inner_(std::move(inner)),
        handler_(inner_->handler(), *store_, real_clock(), strand) {}

  lastcall::handler& handler() override { return handler_; }
  asio::awaitable<void> close() override {
    co_await handler_.close();
    co_await inner_->close();
  }

 private:
  store_ptr store_;
  std::unique_ptr<shard_job> inner_;
  jobs::checkpointed handler_;
};

}  // namespace

option checkpoints_option(std::string& into) {
  return text_option(
      "checkpoints", "FILE", into,
      "A SQLite file that keeps where cut and failed jobs stand, so that they go on from there, "
      "also after a restart; the workers of this machine may share it. Without it that is kept "
      "while the process lives.");
}

make_job with_checkpoints(const std::string& path, make_job inner) {
  return [store = open_store(path), inner = std::move(inner)](const asio::any_io_executor& strand) {
    return std::make_unique<checkpointed_job>(strand, store, inner(strand));
  };
}

}  // namespace lastcall::app
