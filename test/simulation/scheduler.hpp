#pragma once

#include "runtime/clock.hpp"
#include "simulation/dice.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace lastcall::simulation {

class scheduler;

/// Something that is ready to run: one step.
class step {
 public:
  step() = default;
  virtual ~step() = default;
  step(const step&) = delete;
  step& operator=(const step&) = delete;
  virtual void run() = 0;
};

/// Something that becomes ready at a time. It leaves the lane's order by itself when it dies.
class alarm
    : public boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  alarm() = default;
  virtual ~alarm() = default;
  alarm(const alarm&) = delete;
  alarm& operator=(const alarm&) = delete;
  steady_time when() const noexcept { return when_; }

 private:
  friend class lane;
  /// The time has come; the alarm is not set any more.
  virtual void due() = 0;
  /// Whoever waits is dropped, not resumed.
  virtual void drop() noexcept = 0;

  steady_time when_{};
};

struct by_time {
  bool operator()(const alarm& a, const alarm& b) const noexcept { return a.when() < b.when(); }
};

/// One simulated process, or the world around them: its steps, its alarms, its clock. In Asio's terms a
/// strand.
class lane final : public lastcall::clock {
 public:
  /// What makes a lane an executor: it never runs anything inside the call.
  class executor {
   public:
    explicit executor(lane& l) noexcept : lane_(&l) {}
    scheduler& query(boost::asio::execution::context_t) const noexcept;
    static constexpr boost::asio::execution::blocking_t::never_t query(
        boost::asio::execution::blocking_t) noexcept {
      return {};
    }
    template <class Function>
    void execute(Function&& f) const {
      lane_->post(std::forward<Function>(f));
    }
    bool operator==(const executor&) const noexcept = default;

   private:
    lane* lane_;
  };

  lane(scheduler&, std::chrono::nanoseconds wall_offset);
  ~lane() override;

  boost::asio::any_io_executor get_executor() noexcept { return executor(*this); }
  steady_time now() const noexcept override;
  wall_time wall_now() const noexcept override;
  std::unique_ptr<timer> make_timer(const boost::asio::any_io_executor&) override;
  /// The time of day jumps, as by NTP.
  void step_wall(std::chrono::nanoseconds by) noexcept { wall_offset_ += by; }
  std::chrono::nanoseconds wall_offset() const noexcept { return wall_offset_; }

  template <class Function>
  void post(Function&& f);
  void ready(std::unique_ptr<step> s) { ready_.push_back(std::move(s)); }
  /// Calls `f` in a step of its own at that time.
  template <class Function>
  void at(steady_time when, Function f);
  void set(alarm&, steady_time when);

  /// From here on the lane has a time of its own, which its own alarms move: the world goes on without it.
  void detach();
  bool is_detached() const noexcept { return detached_; }
  /// Runs a detached lane until nothing is ready and no time is awaited. False: it has not come to rest.
  bool run_alone(std::size_t most_steps);
  /// Whoever still waits is dropped: its coroutine is unwound by steps that are ready then.
  void drop_waiting();
  std::size_t steps() const noexcept { return steps_; }
  /// Whether one of its steps is being run.
  bool is_running() const noexcept { return is_running_; }
  scheduler& context() const noexcept { return scheduler_; }

 private:
  friend class scheduler;
  using alarms = boost::intrusive::multiset<alarm, boost::intrusive::compare<by_time>,
                                            boost::intrusive::constant_time_size<false>>;

  steady_time next_time() const noexcept {
    return alarms_.empty() ? steady_time::max() : alarms_.begin()->when();
  }
  void make_due(steady_time now);
  void run_step(std::size_t index);

  scheduler& scheduler_;
  std::vector<std::unique_ptr<step>> ready_;
  alarms alarms_;
  std::chrono::nanoseconds wall_offset_;
  steady_time private_now_{};
  std::size_t steps_{0};
  bool detached_{false};
  bool is_running_{false};
};

/// Chooses among `count` things that may happen next.
class picker {
 public:
  virtual ~picker() = default;
  virtual std::size_t pick(std::size_t count) = 0;
};

/// An execution context in which one picker decides what runs next, of all lanes, and time passes only when
/// nothing is ready: then it jumps to the next alarm. No thread, no socket, no real clock.
class scheduler final : public boost::asio::execution_context {
 public:
  /// `keep_order`: the steps of a lane run in the order in which they became ready, as on a strand of Asio.
  /// Otherwise in any order, which asks more of the code than Asio does.
  scheduler(picker&, bool keep_order);
  ~scheduler();

  steady_time now() const noexcept { return now_; }
  static constexpr steady_time start() { return steady_time(std::chrono::hours(1)); }
  /// Runs one step. False: nothing is ready and no time is awaited.
  bool run_one();
  /// The next time that is awaited, if nothing is ready.
  bool has_ready() const noexcept;
  steady_time next_time() const noexcept;
  std::size_t steps() const noexcept { return steps_; }

 private:
  friend class lane;

  picker& picker_;
  std::vector<lane*> lanes_;
  steady_time now_{start()};
  std::size_t steps_{0};
  bool keep_order_;
};

template <class Function>
class posted final : public step {
 public:
  explicit posted(Function f) : function_(std::move(f)) {}
  void run() override { std::move(function_)(); }

 private:
  Function function_;
};

/// Calls a function at a time, once.
template <class Function>
class appointment final : public alarm {
 public:
  appointment(lane& l, Function f) : lane_(l), function_(std::move(f)) {}

 private:
  void due() override {
    lane_.post(std::move(function_));
    delete this;
  }
  void drop() noexcept override { delete this; }

  lane& lane_;
  Function function_;
};

template <class Function>
void lane::post(Function&& f) {
  ready_.push_back(std::make_unique<posted<std::decay_t<Function>>>(std::forward<Function>(f)));
}

template <class Function>
void lane::at(steady_time when, Function f) {
  set(*new appointment<Function>(*this, std::move(f)), when);
}

}  // namespace lastcall::simulation
