#pragma once

#include "app/admin.hpp"
#include "app/background.hpp"
#include "app/worker_options.hpp"
#include "worker/supervisor.hpp"

#include <memory>

namespace lastcall::app {

/// What goes on beside a worker on a thread of its own, if anything: the admin endpoint, and the reaping of
/// orphans where this process is PID 1.
class side_tasks {
 public:
  /// Throws `refusal` with exit_config where --admin can't be listened on. The supervisor must outlive this
  /// object.
  side_tasks(const worker::supervisor&, const worker_settings&);

 private:
  std::unique_ptr<background> loop_;
  std::unique_ptr<admin_endpoint> admin_;
};

}  // namespace lastcall::app
