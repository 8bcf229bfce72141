#include "sqs/remote_queue.hpp"

#include "sqs/queue_url.hpp"

#include <utility>

namespace lastcall::sqs {
namespace asio = boost::asio;

remote_queue::remote_queue(client& c, std::string url)
    : client_(c), url_(std::move(url)), name_(name_in_url(url_)) {}

bool remote_queue::is_fifo() const noexcept { return is_fifo_name(name_); }

asio::awaitable<result<receive_answer>> remote_queue::receive(receive_request request) {
  co_return co_await client_.receive(url_, std::move(request));
}

asio::awaitable<result<std::vector<batch_failure>>> remote_queue::delete_batch(
    std::vector<std::string> receipt_handles, steady_time deadline) {
  co_return co_await client_.delete_batch(url_, std::move(receipt_handles), deadline);
}

asio::awaitable<result<std::vector<batch_failure>>> remote_queue::change_visibility_batch(
    std::vector<visibility_change> changes, steady_time deadline) {
  co_return co_await client_.change_visibility_batch(url_, std::move(changes), deadline);
}

asio::awaitable<result<queue_counts>> remote_queue::counts(steady_time deadline) {
  std::vector<std::string> names = count_names();
  const result<attribute_map> attributes =
      co_await client_.queue_attributes(url_, std::move(names), deadline);
  if (!attributes) co_return attributes.error();
  co_return counts_in(*attributes);
}

}  // namespace lastcall::sqs
