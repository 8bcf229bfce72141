#pragma once

#include "simulation/oracle.hpp"
#include "simulation/outside.hpp"
#include "worker/report.hpp"
#include "worker/shard_worker.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace lastcall::simulation {

/// One worker process: the real shards, and around them what the supervisor and the operating system do. A
/// process that has ended, however it did, is wound down in private before it is destroyed: its calls and
/// jobs end at once and touch nothing, so that no coroutine is left.
class process {
 public:
  struct surroundings {
    scheduler& time;
    simulation::outside& outside;
    simulation::oracle& oracle;
    simulation::trace& trace;
  };

  process(const surroundings&, std::size_t number, const process_plan&);
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  void begin();
  void signal();
  void quiet();
  void kill();
  void step_wall(std::chrono::nanoseconds by) { lane_.step_wall(by); }

  /// Writes the state of the drain to the trace, if it has changed. To be called after each step.
  void observe();
  std::size_t number() const noexcept { return number_; }
  bool is_over() const noexcept { return is_over_; }
  /// The exit code of a process that has ended by itself.
  std::optional<int> exit_code() const noexcept { return exit_code_; }
  std::size_t steps() const noexcept { return lane_.steps(); }
  const worker::options& options() const noexcept { return options_; }
  bool is_draining() const noexcept { return signals_ != 0; }
  /// To be called once it is over. False: it has not come to rest, which is a fault of its own.
  bool wind_down();

 private:
  struct shard_in_process;

  void polls_closed();
  void shard_stopped(bool is_clean);
  worker::report make_report() const;

  surroundings in_;
  const std::size_t number_;
  const worker::options options_;
  lane lane_;
  std::unique_ptr<random> random_;
  worker::accounts books_;
  std::vector<std::unique_ptr<shard_in_process>> shards_;
  std::size_t polls_closed_{0};
  std::size_t stopped_{0};
  unsigned signals_{0};
  std::optional<worker::drain_state> seen_;
  bool is_clean_{true};
  bool is_over_{false};
  bool is_at_rest_{false};
  std::optional<int> exit_code_;
};

}  // namespace lastcall::simulation
