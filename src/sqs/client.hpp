#pragma once

#include "aws/client.hpp"
#include "sqs/queue.hpp"

#include <map>
#include <string>
#include <vector>

namespace lastcall::sqs {

/// A message to send.
struct outgoing {
  std::string body;
  std::map<std::string, message_attribute> attributes;
  std::chrono::seconds delay{0};
  std::string group_id;
  std::string deduplication_id;
  std::string trace_header;
};

using attribute_map = std::map<std::string, std::string>;

/// The typed operations of SQS that the program uses, for any queue of the endpoint. Each call signs, retries in the
/// standard mode and completes by `deadline`; errors of the service carry the name of their shape in `error::code`
/// ("QueueDoesNotExist", from __type, without its namespace). Used on one strand only.
class client {
 public:
  explicit client(aws::client& transport) : aws_(transport) {}

  boost::asio::awaitable<result<std::string>> create_queue(std::string name, attribute_map attributes,
                                                           steady_time deadline);
  boost::asio::awaitable<result<std::string>> queue_url(std::string name, steady_time deadline);
  /// All pages.
  boost::asio::awaitable<result<std::vector<std::string>>> list_queues(std::string prefix, steady_time deadline);
  boost::asio::awaitable<result<attribute_map>> queue_attributes(std::string queue_url, std::vector<std::string> names,
                                                                 steady_time deadline);
  boost::asio::awaitable<result<void>> set_queue_attributes(std::string queue_url, attribute_map, steady_time deadline);
  boost::asio::awaitable<result<void>> purge(std::string queue_url, steady_time deadline);
  boost::asio::awaitable<result<void>> delete_queue(std::string queue_url, steady_time deadline);

  /// The new message's id; the MD5s of the answer are checked against what was sent.
  boost::asio::awaitable<result<std::string>> send(std::string queue_url, outgoing, steady_time deadline);
  /// 1 to 10 messages. Returns the entries that failed.
  boost::asio::awaitable<result<std::vector<batch_failure>>> send_batch(std::string queue_url,
                                                                        std::vector<outgoing>, steady_time deadline);

  boost::asio::awaitable<result<receive_answer>> receive(std::string queue_url, receive_request);
  boost::asio::awaitable<result<void>> delete_message(std::string queue_url, std::string receipt_handle,
                                                      steady_time deadline);
  boost::asio::awaitable<result<std::vector<batch_failure>>> delete_batch(std::string queue_url,
                                                                          std::vector<std::string> receipt_handles,
                                                                          steady_time deadline);
  boost::asio::awaitable<result<void>> change_visibility(std::string queue_url, visibility_change,
                                                         steady_time deadline);
  boost::asio::awaitable<result<std::vector<batch_failure>>> change_visibility_batch(
      std::string queue_url, std::vector<visibility_change>, steady_time deadline);

  // Dead-letter queues: what `lastcall queue redrive` uses.
  boost::asio::awaitable<result<std::string>> start_message_move_task(std::string source_arn,
                                                                      std::string destination_arn,
                                                                      steady_time deadline);

 private:
  aws::client& aws_;
};

/// The worker's view of one queue, over a client.
class remote_queue final : public queue {
 public:
  remote_queue(client& c, clock& k, std::string url);
  const std::string& name() const noexcept override { return name_; }
  const std::string& url() const noexcept { return url_; }
  bool is_fifo() const noexcept override;
  boost::asio::awaitable<result<receive_answer>> receive(receive_request) override;
  boost::asio::awaitable<result<std::vector<batch_failure>>> delete_batch(std::vector<std::string> receipt_handles,
                                                                          steady_time deadline) override;
  boost::asio::awaitable<result<std::vector<batch_failure>>> change_visibility_batch(
      std::vector<visibility_change>, steady_time deadline) override;
  boost::asio::awaitable<result<queue_counts>> counts(steady_time deadline) override;

 private:
  client& client_;
  clock& clock_;
  std::string url_;
  std::string name_;
};

}  // namespace lastcall::sqs
