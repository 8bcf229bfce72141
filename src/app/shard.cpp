#include "app/shard.hpp"

#include "sqs/remote_queue.hpp"

namespace lastcall::app {

namespace asio = boost::asio;

namespace {

class shard final : public worker::shard_parts {
 public:
  shard(const asio::any_io_executor& strand, const aws::session& session, std::string queue_url,
        const make_job& make)
      : connection_(strand, session), queue_(connection_.sqs(), std::move(queue_url)), job_(make(strand)) {}

  sqs::queue& queue() override { return queue_; }
  lastcall::handler& handler() override { return job_->handler(); }
  asio::awaitable<void> close() override {
    co_await job_->close();
    connection_.close();
  }

 private:
  connection connection_;
  sqs::remote_queue queue_;
  std::unique_ptr<shard_job> job_;
};

}  // namespace

worker::supervisor::make_shard shards_of(aws::session session, std::string queue_url, make_job make) {
  return [session = std::move(session), url = std::move(queue_url), make = std::move(make)](
             const asio::any_io_executor& strand) -> std::unique_ptr<worker::shard_parts> {
    return std::make_unique<shard>(strand, session, url, make);
  };
}

}  // namespace lastcall::app
