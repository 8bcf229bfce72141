#pragma once

#include "base/error.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <lastcall/message.hpp>
#include <string>
#include <vector>

namespace lastcall::sqs {

struct receive_request {
  int max_messages{10};                 ///< 1 to 10
  std::chrono::seconds wait{20};        ///< 0 to 20: WaitTimeSeconds
  std::chrono::seconds visibility{60};  ///< of the messages it brings
  std::string attempt_id;               ///< ReceiveRequestAttemptId; FIFO queues only, else empty
};

struct receive_answer {
  std::vector<message> messages;
  /// Messages whose MD5 did not fit their content: leased to us, but not to be worked on.
  std::vector<message> corrupt;
};

/// An entry of a batch that the service did not carry out.
struct batch_failure {
  std::size_t index;  ///< in the batch that was given
  error why;          ///< kind `service` with the code of the entry
  bool sender_fault;  ///< true: trying again changes nothing
};

struct visibility_change {
  std::string receipt_handle;
  std::chrono::seconds visibility;  ///< 0 to 43,200
};

/// GetQueueAttributes' approximate counts.
struct queue_counts {
  std::uint64_t visible{};
  std::uint64_t in_flight{};
  std::uint64_t delayed{};
};

/// One queue, as the worker sees it: the seam behind which stands SQS, or the simulator.
/// Used on one strand only. An error with kind timeout or network leaves open whether the effect has
/// happened. Every call completes by its deadline, retries included; cancelling a call abandons it, which for
/// a receive means that messages may stay leased to nobody until their visibility timeout.
class queue {
 public:
  virtual ~queue() = default;
  virtual const std::string& name() const noexcept = 0;
  virtual bool is_fifo() const noexcept = 0;
  /// One ReceiveMessage, never retried inside: the caller decides. Waits at most `wait` + 5 s for the answer.
  virtual boost::asio::awaitable<result<receive_answer>> receive(receive_request) = 0;
  /// DeleteMessageBatch of 1 to 10 receipt handles. Returns the entries that failed.
  virtual boost::asio::awaitable<result<std::vector<batch_failure>>> delete_batch(
      std::vector<std::string> receipt_handles, steady_time deadline) = 0;
  /// ChangeMessageVisibilityBatch of 1 to 10 entries. Returns the entries that failed.
  virtual boost::asio::awaitable<result<std::vector<batch_failure>>> change_visibility_batch(
      std::vector<visibility_change>, steady_time deadline) = 0;
  virtual boost::asio::awaitable<result<queue_counts>> counts(steady_time deadline) = 0;
};

}  // namespace lastcall::sqs
