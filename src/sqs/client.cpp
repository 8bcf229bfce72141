#include "sqs/client.hpp"

#include "sqs/batch.hpp"
#include "sqs/errors.hpp"
#include "sqs/receipt_codec.hpp"
#include "sqs/receive_codec.hpp"
#include "sqs/send_codec.hpp"

#include <utility>

namespace lastcall::sqs {
namespace asio = boost::asio;
namespace {

/// What the answer of a long poll may need beyond its wait.
constexpr std::chrono::seconds receive_margin{5};

/// The error with the code under its one name, and advice where SQS's words are too few.
error refined(error e) {
  if (e.kind != error_kind::service) return e;
  e.code = std::string(shape_of(e.code));
  if (errc_of(e) == errc::queue_does_not_exist)
    e.message += "; check the queue's name, the region, and the account in its URL";
  return e;
}

error wrong_size(std::size_t entries) {
  return {error_kind::invalid, "", "a batch has 1 to 10 entries, not " + std::to_string(entries)};
}

bool is_batch_size(std::size_t entries) noexcept { return entries >= 1 && entries <= most_batch_entries; }

aws::call_limits until(steady_time deadline) {
  aws::call_limits limits;
  limits.deadline = deadline;
  return limits;
}

}  // namespace

asio::awaitable<result<std::string>> client::call(std::string_view operation, std::string body,
                                                  aws::call_limits limits) {
  result<std::string> answer = co_await aws_.call(operation, std::move(body), limits);
  if (!answer) co_return refined(answer.error());
  co_return answer;
}

/// A call whose answer says nothing beyond success.
asio::awaitable<result<void>> client::command(std::string_view operation, std::string body,
                                              steady_time deadline) {
  const result<std::string> answer = co_await call(operation, std::move(body), until(deadline));
  if (!answer) co_return answer.error();
  co_return result<void>();
}

asio::awaitable<result<std::string>> client::create_queue(std::string name, attribute_map attributes,
                                                          steady_time deadline) {
  std::string body = encode_create_queue(name, attributes);
  const result<std::string> answer = co_await call("CreateQueue", std::move(body), until(deadline));
  if (!answer) co_return answer.error();
  co_return decode_text("CreateQueue", *answer, "QueueUrl");
}

asio::awaitable<result<std::string>> client::queue_url(std::string name, steady_time deadline) {
  std::string body = encode_queue_name(name);
  const result<std::string> answer = co_await call("GetQueueUrl", std::move(body), until(deadline));
  if (!answer) co_return answer.error();
  co_return decode_text("GetQueueUrl", *answer, "QueueUrl");
}

asio::awaitable<result<std::vector<std::string>>> client::list_queues(std::string prefix,
                                                                      steady_time deadline) {
  std::vector<std::string> urls;
  std::string token;
  do {
    std::string body = encode_list_queues(prefix, token);
    const result<std::string> answer = co_await call("ListQueues", std::move(body), until(deadline));
    if (!answer) co_return answer.error();
    result<queue_page> page = decode_list_queues(*answer);
    if (!page) co_return page.error();
    for (std::string& url : page->urls)
      urls.push_back(std::move(url));
    // An endpoint that answers the same token again would keep us here for ever.
    if (page->next_token == token) break;
    token = std::move(page->next_token);
  } while (!token.empty());
  co_return urls;
}

asio::awaitable<result<attribute_map>> client::queue_attributes(std::string queue_url,
                                                                std::vector<std::string> names,
                                                                steady_time deadline) {
  std::string body = encode_get_attributes(queue_url, names);
  const result<std::string> answer = co_await call("GetQueueAttributes", std::move(body), until(deadline));
  if (!answer) co_return answer.error();
  co_return decode_attributes(*answer);
}

asio::awaitable<result<void>> client::set_queue_attributes(std::string queue_url, attribute_map attributes,
                                                           steady_time deadline) {
  std::string body = encode_set_attributes(queue_url, attributes);
  co_return co_await command("SetQueueAttributes", std::move(body), deadline);
}

asio::awaitable<result<void>> client::purge(std::string queue_url, steady_time deadline) {
  std::string body = encode_queue_url(queue_url);
  co_return co_await command("PurgeQueue", std::move(body), deadline);
}

asio::awaitable<result<void>> client::delete_queue(std::string queue_url, steady_time deadline) {
  std::string body = encode_queue_url(queue_url);
  co_return co_await command("DeleteQueue", std::move(body), deadline);
}

asio::awaitable<result<std::string>> client::send(std::string queue_url, outgoing message,
                                                  steady_time deadline) {
  result<std::string> body = encode_send(queue_url, message);
  if (!body) co_return body.error();
  const result<std::string> answer = co_await call("SendMessage", std::move(*body), until(deadline));
  if (!answer) co_return answer.error();
  co_return decode_send(*answer, message);
}

asio::awaitable<result<std::vector<batch_failure>>> client::send_batch(std::string queue_url,
                                                                       std::vector<outgoing> messages,
                                                                       steady_time deadline) {
  result<std::string> body = encode_send_batch(queue_url, messages);
  if (!body) co_return body.error();
  const result<std::string> answer = co_await call("SendMessageBatch", std::move(*body), until(deadline));
  if (!answer) co_return answer.error();
  co_return decode_send_batch(*answer, messages);
}

asio::awaitable<result<receive_answer>> client::receive(std::string queue_url, receive_request request) {
  aws::call_limits limits;
  limits.attempts = 1;
  limits.attempt_timeout = request.wait + receive_margin;
  std::string body = encode_receive(queue_url, request);
  const result<std::string> answer = co_await call("ReceiveMessage", std::move(body), limits);
  if (!answer) co_return answer.error();
  co_return decode_receive(*answer);
}

asio::awaitable<result<void>> client::delete_message(std::string queue_url, std::string receipt_handle,
                                                     steady_time deadline) {
  std::string body = encode_delete(queue_url, receipt_handle);
  co_return co_await command("DeleteMessage", std::move(body), deadline);
}

asio::awaitable<result<std::vector<batch_failure>>> client::delete_batch(
    std::string queue_url, std::vector<std::string> receipt_handles, steady_time deadline) {
  const std::size_t entries = receipt_handles.size();
  if (!is_batch_size(entries)) co_return wrong_size(entries);
  std::string body = encode_delete_batch(queue_url, receipt_handles);
  const result<std::string> answer = co_await call("DeleteMessageBatch", std::move(body), until(deadline));
  if (!answer) co_return answer.error();
  co_return decode_batch("DeleteMessageBatch", *answer, entries);
}

asio::awaitable<result<void>> client::change_visibility(std::string queue_url, visibility_change change,
                                                        steady_time deadline) {
  std::string body = encode_visibility(queue_url, change);
  co_return co_await command("ChangeMessageVisibility", std::move(body), deadline);
}

asio::awaitable<result<std::vector<batch_failure>>> client::change_visibility_batch(
    std::string queue_url, std::vector<visibility_change> changes, steady_time deadline) {
  const std::size_t entries = changes.size();
  if (!is_batch_size(entries)) co_return wrong_size(entries);
  std::string body = encode_visibility_batch(queue_url, changes);
  const result<std::string> answer =
      co_await call("ChangeMessageVisibilityBatch", std::move(body), until(deadline));
  if (!answer) co_return answer.error();
  co_return decode_batch("ChangeMessageVisibilityBatch", *answer, entries);
}

asio::awaitable<result<std::string>> client::start_message_move_task(std::string source_arn,
                                                                     std::string destination_arn,
                                                                     steady_time deadline) {
  std::string body = encode_start_move_task(source_arn, destination_arn);
  const result<std::string> answer = co_await call("StartMessageMoveTask", std::move(body), until(deadline));
  if (!answer) co_return answer.error();
  co_return decode_text("StartMessageMoveTask", *answer, "TaskHandle");
}

}  // namespace lastcall::sqs
