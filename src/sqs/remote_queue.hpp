#pragma once

#include "sqs/client.hpp"
#include "sqs/queue.hpp"

#include <string>
#include <vector>

namespace lastcall::sqs {

/// The worker's view of one queue, over a client, which must outlive it.
class remote_queue final : public queue {
 public:
  remote_queue(client&, std::string url);

  const std::string& name() const noexcept override { return name_; }
  const std::string& url() const noexcept { return url_; }
  bool is_fifo() const noexcept override;
  boost::asio::awaitable<result<receive_answer>> receive(receive_request) override;
  boost::asio::awaitable<result<std::vector<batch_failure>>> delete_batch(
      std::vector<std::string> receipt_handles, steady_time deadline) override;
  boost::asio::awaitable<result<std::vector<batch_failure>>> change_visibility_batch(
      std::vector<visibility_change>, steady_time deadline) override;
  boost::asio::awaitable<result<queue_counts>> counts(steady_time deadline) override;

 private:
  client& client_;
  std::string url_;
  std::string name_;
};

}  // namespace lastcall::sqs
