#pragma once

#include "base/error.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace lastcall::jobs {

/// The longest that SQS keeps a message.
inline constexpr std::chrono::hours checkpoint_retention{24 * 14};

/// Where the cursors of jobs are kept, one a message: see `job::save_checkpoint`. Cursors are forgotten
/// `checkpoint_retention` after they were saved.
///
/// May be used from several strands, and by several handlers, at once. An operation runs to its end even when
/// the coroutine that awaits it is cancelled. Errors are `error_kind::io`.
class checkpoint_store {
 public:
  virtual ~checkpoint_store() = default;
  /// The message's cursor; empty where there is none.
  virtual boost::asio::awaitable<result<std::string>> load(std::string message_id, wall_time now) = 0;
  /// Durable on completion. False: a later delivery of the message has saved already, so this job has lost
  /// its lease, and its cursor is not kept.
  virtual boost::asio::awaitable<result<bool>> save(std::string message_id, unsigned receive_count,
                                                    std::string cursor, wall_time now) = 0;
  virtual boost::asio::awaitable<result<void>> remove(std::string message_id) = 0;
};

}  // namespace lastcall::jobs
