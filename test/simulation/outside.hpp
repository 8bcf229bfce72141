#pragma once

#include "runtime/random.hpp"
#include "simulation/plan.hpp"
#include "simulation/scheduler.hpp"
#include "sqs/queue.hpp"

#include <lastcall/job.hpp>
#include <memory>

namespace lastcall::simulation {

/// The queue as one process sees it.
class process_queue : public sqs::queue {
 public:
  /// The process is no more: every call ends at once, without an effect, and so does every later one.
  virtual void cut() = 0;
};

/// The jobs of one process.
class process_jobs : public handler {
 public:
  /// The process is no more: every job returns at once, and touches nothing.
  virtual void cut() noexcept = 0;
};

/// What a process has around it. The depth of a run decides what that is.
class outside {
 public:
  virtual ~outside() = default;
  virtual std::unique_ptr<process_queue> queue_for(lane& of_process, std::size_t process) = 0;
  virtual std::unique_ptr<process_jobs> jobs_for(lane& of_process, std::size_t process) = 0;
  virtual std::unique_ptr<random> random_for(const process_plan& p) {
    return std::make_unique<seeded_random>(p.seed);
  }
};

}  // namespace lastcall::simulation
