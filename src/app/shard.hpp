#pragma once

#include "app/connection.hpp"
#include "worker/supervisor.hpp"

#include <functional>
#include <lastcall/job.hpp>
#include <memory>
#include <string>

namespace lastcall::app {

/// A handler with what it stands on. Used on one strand.
class shard_job {
 public:
  virtual ~shard_job() = default;
  virtual lastcall::handler& handler() = 0;
  /// No job runs any more: closes connections. Completes within a second.
  virtual boost::asio::awaitable<void> close() = 0;
};

/// Makes the job of one shard, on its strand's thread or before that runs. Throws `refusal` with exit_config.
using make_job = std::function<std::unique_ptr<shard_job>(const boost::asio::any_io_executor& strand)>;

/// Makes shards whose queue is reached by `session`: a connection, a queue and a job each, which share
/// nothing.
worker::supervisor::make_shard shards_of(aws::session session, std::string queue_url, make_job);

}  // namespace lastcall::app
