#pragma once

#include "simulation/oracle.hpp"
#include "simulation/outside.hpp"
#include "simulation/process.hpp"
#include "simulation/service.hpp"
#include "simulation/small_world.hpp"

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lastcall::simulation {

/// A digest of a history: two that are equal have, but for chance, the same parts in the same order.
class history {
 public:
  void add(std::uint64_t part) noexcept {
    first_ = mix(first_ ^ part, 0x9e3779b97f4a7c15);
    second_ = mix(second_ + part, 0xd1b54a32d192ed03);
  }
  std::uint64_t first() const noexcept { return first_; }
  std::uint64_t second() const noexcept { return second_; }
  auto operator<=>(const history&) const = default;

 private:
  static std::uint64_t mix(std::uint64_t x, std::uint64_t by) noexcept {
    x = (x ^ (x >> 32)) * by;
    x = (x ^ (x >> 29)) * by;
    return x ^ (x >> 32);
  }
  std::uint64_t first_{0x243f6a8885a308d3};
  std::uint64_t second_{0x13198a2e03707344};
};

/// One way through a small world: stands still wherever something can be chosen.
class small_run final : private outside {
 public:
  small_run(const small_world&, trace&);
  ~small_run() override;

  /// Something that can happen now.
  struct choice {
    enum class kind {
      arrives,       ///< a request at the service
      request_lost,  ///< no effect; the caller sees its connection break
      answered,      ///< an answer at its caller
      answer_lost,   ///< the effect has happened; the caller sees its connection break
      poll_breaks,   ///< a receive that waits at the service, which goes on there
      done,          ///< a job succeeds
      fails,
      stops,  ///< a job that was told
      signal,
      time  ///< passes, until it matters to someone
    };
    kind what;
    std::size_t of;  ///< the call, the job or the process
  };
  /// None: it has come to its end.
  const std::vector<choice>& choices() const noexcept { return choices_; }
  void choose(std::size_t index);

  /// Equal for states from which the same follows: the service has the same messages and open receives, and
  /// each worker has seen the same, at the same times, whatever the order among the workers. A worker does what
  /// it does by what it has seen and nothing else. What was before it last held nothing and had lost nothing
  /// does not count.
  history state() const;

  bool has_failed() const noexcept { return oracle_.has_failed(); }
  const oracle& judge() const noexcept { return oracle_; }
  std::size_t steps() const noexcept { return time_.steps(); }

 private:
  class queue_here;
  class jobs_here;
  class chance_here;
  struct call;
  struct job_here;
  class always_first final : public picker {
    std::size_t pick(std::size_t) override { return 0; }
  };

  std::unique_ptr<process_queue> queue_for(lane&, std::size_t process) override;
  std::unique_ptr<process_jobs> jobs_for(lane&, std::size_t process) override;
  std::unique_ptr<random> random_for(const process_plan&) override;

  static plan plan_for(const small_world&);
  void come_to_rest();
  void find_choices();
  void at_end();
  void act(const choice&);
  void pass_time();
  process* find(std::size_t number);
  void note(std::size_t process, choice::kind, std::uint64_t what);
  std::uint64_t moment() const noexcept;
  void forget_the_past();
  void add_service_to(history&) const;

  const small_world& world_;
  const plan plan_;
  always_first picker_;
  scheduler time_;
  lane lane_;
  oracle oracle_;
  service service_;
  trace& trace_;
  std::vector<std::unique_ptr<process>> processes_;
  /// What each worker has seen, and what its calls and jobs are counted from.
  struct memory {
    history seen;
    std::uint64_t first_call{0};
    std::uint64_t first_job{0};
    bool had_a_mishap{false};
    bool is_over{false};
  };
  std::vector<memory> workers_;
  history asked_;  ///< of the service, in order
  std::list<std::shared_ptr<call>> calls_;
  std::list<std::uint64_t> waiting_;  ///< receives at the service, in the order of their coming
  std::list<job_here*> jobs_;
  std::vector<choice> choices_;
  std::vector<unsigned> signals_;
  std::vector<std::uint64_t> jobs_begun_;
  unsigned mishaps_{0};
  unsigned failures_{0};
};

}  // namespace lastcall::simulation
