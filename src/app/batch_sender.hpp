#pragma once

#include "runtime/clock.hpp"
#include "runtime/gate.hpp"
#include "runtime/random.hpp"
#include "runtime/wakeup.hpp"
#include "sqs/client.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace lastcall::app {

/// Sends many messages to one queue in batches of up to 10 and 1 MiB, several at once, and accounts for each.
/// Entries that the service could not take are sent again, up to three times in all. Used on one strand only.
class batch_sender {
 public:
  /// A message that was not sent, or of which it is not known.
  struct failed {
    std::uint64_t tag;
    error why;
    bool sender_fault;  ///< true: the service will never take this message
  };

  /// One batch at once keeps the order of the messages.
  batch_sender(const boost::asio::any_io_executor&, clock&, random&, sqs::client&, std::string queue_url,
               std::size_t batches_at_once);
  batch_sender(const batch_sender&) = delete;
  batch_sender& operator=(const batch_sender&) = delete;

  /// Takes a message; sends what has come together when it makes a batch, and waits while too many are under
  /// way. `tag` names the message in `failures`.
  boost::asio::awaitable<void> add(sqs::outgoing, std::uint64_t tag);
  /// Sends what has come together, though it is no full batch.
  boost::asio::awaitable<void> flush();
  /// As `flush`; completes when every batch is answered. Must have completed before the sender is destroyed.
  boost::asio::awaitable<void> finish();

  std::uint64_t sent() const noexcept { return sent_; }
  /// Whether a whole batch has failed: the queue is gone or out of reach, and it is time to stop.
  bool is_broken() const noexcept { return is_broken_; }
  /// In the order of the tags.
  std::vector<failed> failures() const;

 private:
  struct batch {
    std::vector<sqs::outgoing> messages;
    std::vector<std::uint64_t> tags;
    std::uint64_t bytes{0};
  };

  boost::asio::awaitable<void> send(batch b, gate::holder inside);
  boost::asio::awaitable<void> pause(unsigned attempt);
  batch settle(batch b, const std::vector<sqs::batch_failure>& refused, bool is_last_attempt);
  void fail(const batch& b, const error& why);

  boost::asio::any_io_executor executor_;
  clock& clock_;
  random& random_;
  sqs::client& client_;
  std::string queue_url_;
  std::size_t batches_at_once_;
  gate under_way_;
  wakeup room_;
  batch next_;
  std::uint64_t sent_{0};
  bool is_broken_{false};
  std::vector<failed> failures_;
};

}  // namespace lastcall::app
