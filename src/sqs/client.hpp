#pragma once

#include "aws/client.hpp"
#include "sqs/outgoing.hpp"
#include "sqs/queue.hpp"
#include "sqs/queue_codec.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lastcall::sqs {

/// The typed operations of SQS that the program uses, for any queue of the endpoint. Each call signs, retries
/// in the standard mode and completes by `deadline`; errors of the service carry the name of their shape in
/// `error::code`
/// ("QueueDoesNotExist", from __type, without its namespace; see errors.hpp). A batch that is empty or has
/// more than 10 entries is `invalid`. Used on one strand only.
class client {
 public:
  explicit client(aws::client& transport) : aws_(transport) {}

  boost::asio::awaitable<result<std::string>> create_queue(std::string name, attribute_map attributes,
                                                           steady_time deadline);
  boost::asio::awaitable<result<std::string>> queue_url(std::string name, steady_time deadline);
  /// All pages.
  boost::asio::awaitable<result<std::vector<std::string>>> list_queues(std::string prefix,
                                                                       steady_time deadline);
  boost::asio::awaitable<result<attribute_map>> queue_attributes(std::string queue_url,
                                                                 std::vector<std::string> names,
                                                                 steady_time deadline);
  boost::asio::awaitable<result<void>> set_queue_attributes(std::string queue_url, attribute_map,
                                                            steady_time deadline);
  boost::asio::awaitable<result<void>> purge(std::string queue_url, steady_time deadline);
  boost::asio::awaitable<result<void>> delete_queue(std::string queue_url, steady_time deadline);

  /// The new message's id; the MD5s of the answer are checked against what was sent.
  boost::asio::awaitable<result<std::string>> send(std::string queue_url, outgoing, steady_time deadline);
  /// 1 to 10 messages, together at most 1 MiB. Returns the entries that failed.
  boost::asio::awaitable<result<std::vector<batch_failure>>> send_batch(std::string queue_url,
                                                                        std::vector<outgoing>,
                                                                        steady_time deadline);

  /// One attempt, which ends at most 5 s after the wait.
  boost::asio::awaitable<result<receive_answer>> receive(std::string queue_url, receive_request);
  boost::asio::awaitable<result<void>> delete_message(std::string queue_url, std::string receipt_handle,
                                                      steady_time deadline);
  boost::asio::awaitable<result<std::vector<batch_failure>>> delete_batch(
      std::string queue_url, std::vector<std::string> receipt_handles, steady_time deadline);
  boost::asio::awaitable<result<void>> change_visibility(std::string queue_url, visibility_change,
                                                         steady_time deadline);
  boost::asio::awaitable<result<std::vector<batch_failure>>> change_visibility_batch(
      std::string queue_url, std::vector<visibility_change>, steady_time deadline);

  // Dead-letter queues: what `lastcall queue redrive` uses.
  /// Moves the messages of a dead-letter queue, to where they came from if no destination is given. The
  /// task's handle.
  boost::asio::awaitable<result<std::string>> start_message_move_task(std::string source_arn,
                                                                      std::string destination_arn,
                                                                      steady_time deadline);

 private:
  boost::asio::awaitable<result<std::string>> call(std::string_view operation, std::string body,
                                                   aws::call_limits);
  boost::asio::awaitable<result<void>> command(std::string_view operation, std::string body,
                                               steady_time deadline);

  aws::client& aws_;
};

}  // namespace lastcall::sqs
