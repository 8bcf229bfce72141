#include "app/batch_sender.hpp"

#include "base/backoff.hpp"
#include "sqs/batch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace lastcall::app {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr unsigned most_attempts = 3;
constexpr backoff between_attempts{200ms, 2s};
/// Of one batch, all attempts of the client included.
constexpr std::chrono::seconds batch_timeout{30};

}  // namespace

batch_sender::batch_sender(const asio::any_io_executor& executor, clock& c, random& r, sqs::client& client,
                           std::string queue_url, std::size_t batches_at_once)
    : executor_(executor),
      clock_(c),
      random_(r),
      client_(client),
      queue_url_(std::move(queue_url)),
      batches_at_once_(batches_at_once),
      under_way_(c, executor),
      room_(c, executor) {}

asio::awaitable<void> batch_sender::add(sqs::outgoing message, std::uint64_t tag) {
  const std::uint64_t bytes = size_bytes(message);
  if (next_.bytes + bytes > sqs::most_message_bytes) co_await flush();
  next_.bytes += bytes;
  next_.messages.push_back(std::move(message));
  next_.tags.push_back(tag);
  if (next_.messages.size() == sqs::most_batch_entries) co_await flush();
}

asio::awaitable<void> batch_sender::flush() {
  if (next_.messages.empty()) co_return;
  while (under_way_.inside() >= batches_at_once_)
    co_await room_.wait();
  batch full = std::exchange(next_, {});
  asio::co_spawn(executor_, send(std::move(full), under_way_.enter()), asio::detached);
}

asio::awaitable<void> batch_sender::finish() {
  co_await flush();
  co_await under_way_.wait_empty();
}

asio::awaitable<void> batch_sender::send(batch b, gate::holder inside) {
  for (unsigned attempt = 1; !b.messages.empty(); ++attempt) {
    if (attempt > 1) co_await pause(attempt - 2);
    std::vector<sqs::outgoing> messages = b.messages;
    std::string url = queue_url_;
    const auto answered =
        co_await client_.send_batch(std::move(url), std::move(messages), clock_.now() + batch_timeout);
    if (!answered) {
      fail(b, answered.error());
      break;
    }
    b = settle(std::move(b), *answered, attempt == most_attempts);
  }
  inside.leave();
  room_.notify();
}

asio::awaitable<void> batch_sender::pause(unsigned attempt) {
  const std::chrono::nanoseconds time = between_attempts.wait(attempt, random_.unit());
  co_await sleep_for(clock_, time);
}

/// Accounts for what was answered; returns what is worth another attempt.
batch_sender::batch batch_sender::settle(batch b, const std::vector<sqs::batch_failure>& refused,
                                         bool is_last_attempt) {
  sent_ += b.messages.size() - refused.size();
  batch again;
  for (const sqs::batch_failure& entry : refused) {
    if (entry.sender_fault || is_last_attempt) {
      failures_.push_back({b.tags[entry.index], entry.why, entry.sender_fault});
    } else {
      again.messages.push_back(std::move(b.messages[entry.index]));
      again.tags.push_back(b.tags[entry.index]);
    }
  }
  return again;
}

void batch_sender::fail(const batch& b, const error& why) {
  is_broken_ = true;
  for (const std::uint64_t tag : b.tags)
    failures_.push_back({tag, why, false});
}

std::vector<batch_sender::failed> batch_sender::failures() const {
  std::vector<failed> sorted = failures_;
  std::ranges::sort(sorted, {}, &failed::tag);
  return sorted;
}

}  // namespace lastcall::app
