#include "simulation/byte_queue.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lastcall::simulation {
namespace asio = boost::asio;

using namespace std::chrono_literals;

namespace {

error ended() { return {error_kind::invalid, "", "the process has ended"}; }

std::shared_ptr<network_host> make_host(lane& where, std::size_t process, poll_book& polls) {
  return std::make_shared<network_host>(
      network_host{.where = where,
                   .process = process,
                   .on_write = [&polls](std::string_view wire) { polls.written(wire); },
                   .open = 0,
                   .is_cut = false,
                   .connecting = {},
                   .connections = {}});
}

}  // namespace

/// Being in a call: a client needs no more connections than there are calls at once.
class byte_queue::in_call {
 public:
  explicit in_call(byte_queue& q) : queue_(q) {
    queue_.most_calls_ = std::max(queue_.most_calls_, ++queue_.calls_);
  }
  ~in_call() {
    --queue_.calls_;
    if (queue_.host_->open > queue_.most_calls_)
      queue_.in_.oracle.violated(10, fmt::format("worker {} has {} connections open, for {} calls at most",
                                                 queue_.process_, queue_.host_->open, queue_.most_calls_));
  }
  in_call(const in_call&) = delete;
  in_call& operator=(const in_call&) = delete;

 private:
  byte_queue& queue_;
};

byte_queue::byte_queue(lane& of_process, std::size_t process, surroundings s)
    : lane_(of_process),
      process_(process),
      in_(std::move(s)),
      host_(make_host(of_process, process, in_.polls)),
      dialer_(in_.network.dialer_for(host_)),
      http_(of_process.get_executor(), of_process, *dialer_, nullptr),
      random_(in_.seed),
      credentials_(
          std::make_unique<simulated_credentials>(of_process, process, in_.faults, in_.is_calm, in_.seed),
          of_process, of_process.get_executor()),
      aws_(http_, of_process, random_, credentials_,
           {.service = "sqs",
            .region = simulated_region,
            .endpoint = {{false, "s", 80}, "/"},
            .target_prefix = "AmazonSQS"}),
      client_(aws_),
      queue_(client_, in_.url) {}

byte_queue::~byte_queue() {
  http_.close();
  if (host_->open != 0)
    in_.oracle.violated(10, fmt::format("worker {} leaves {} connections open", process_, host_->open));
}

void byte_queue::cut() {
  is_cut_ = true;
  in_.network.cut(*host_);
  http_.close();
}

asio::awaitable<result<sqs::receive_answer>> byte_queue::receive(sqs::receive_request request) {
  if (is_cut_) co_return ended();
  const auto poll = std::make_shared<poll_record>();
  poll->process = process_;
  poll->asked_at = lane_.now();
  poll->most = request.max_messages;
  poll->wait = request.wait;
  poll->attempt_id = request.attempt_id;
  in_.oracle.receive_sent(poll);
  in_.polls.add(poll);
  request.attempt_id += fmt::format("#{}", poll->number);
  const in_call here(*this);
  result<sqs::receive_answer> answer = co_await queue_.receive(std::move(request));
  if (!is_cut_) in_.oracle.receive_over(poll, answer);
  co_return answer;
}

asio::awaitable<result<std::vector<sqs::batch_failure>>> byte_queue::delete_batch(
    std::vector<std::string> receipt_handles, steady_time deadline) {
  if (is_cut_) co_return ended();
  in_.oracle.deletes_sent(process_, receipt_handles);
  const in_call here(*this);
  auto answer = co_await queue_.delete_batch(receipt_handles, deadline);
  if (!is_cut_) in_.oracle.deletes_over(process_, receipt_handles, answer);
  co_return answer;
}

asio::awaitable<result<std::vector<sqs::batch_failure>>> byte_queue::change_visibility_batch(
    std::vector<sqs::visibility_change> changes, steady_time deadline) {
  if (is_cut_) co_return ended();
  const steady_time sent_at = lane_.now();
  in_.oracle.changes_sent(process_, changes);
  const in_call here(*this);
  auto answer = co_await queue_.change_visibility_batch(changes, deadline);
  if (!is_cut_) in_.oracle.changes_over(process_, changes, sent_at, answer);
  co_return answer;
}

asio::awaitable<result<sqs::queue_counts>> byte_queue::counts(steady_time deadline) {
  if (is_cut_) co_return ended();
  const in_call here(*this);
  co_return co_await queue_.counts(deadline);
}

}  // namespace lastcall::simulation
