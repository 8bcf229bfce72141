#pragma once

#include "app/admin.hpp"
#include "app/background.hpp"
#include "app/foreground.hpp"
#include "app/worker_options.hpp"
#include "worker/supervisor.hpp"

#include <memory>

namespace lastcall::app {

/// A worker ready to run, with what goes on beside it on a thread of its own, if anything: the admin
/// endpoint, and the reaping of orphans where this process is PID 1.
class worker_process {
 public:
  /// Takes over from `start`: a signal that it has caught drains the worker. Throws `refusal` with
  /// exit_config where a shard can't be made or --admin can't be listened on.
  worker_process(const worker_settings&, const worker::options&, worker::supervisor::make_shard,
                 foreground& start);

  worker::supervisor& supervisor() noexcept { return supervisor_; }

 private:
  void serve_admin(const worker_settings&);

  worker::supervisor supervisor_;
  std::unique_ptr<background> loop_;
  std::unique_ptr<admin_endpoint> admin_;
};

}  // namespace lastcall::app
