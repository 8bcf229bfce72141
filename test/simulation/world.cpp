#include "simulation/world.hpp"

#include "simulation/process.hpp"
#include "simulation/service.hpp"
#include "simulation/simulated_jobs.hpp"
#include "simulation/way.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace lastcall::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_steps = 3'000'000;
constexpr std::size_t most_processes = 8;

class seeded_picker final : public picker {
 public:
  explicit seeded_picker(std::uint64_t seed) : dice_(seed) {}
  std::size_t pick(std::size_t count) override { return dice_.below(count); }

 private:
  dice dice_;
};

class world final : private outside {
 public:
  world(const plan& p, trace& t, depth d)
      : plan_(p),
        trace_(t),
        picker_(p.seed ^ 0x91c4),
        time_(picker_, p.keep_order),
        lane_(time_, 0ns),
        oracle_(p, t, lane_),
        service_(lane_, p, oracle_),
        way_(d == depth::bytes ? make_byte_way(time_, lane_, p, service_, oracle_)
                               : make_typed_way(lane_, p, service_, oracle_)),
        jobs_(p),
        dice_(p.seed ^ 0x0b5e),
        processes_planned_(p.processes) {
    oracle_.set_truth(service_);
  }
  verdict run();

 private:
  struct due_at_step {
    std::size_t process;
    std::size_t step;
    event_plan::kind what;
  };

  std::unique_ptr<process_queue> queue_for(lane& l, std::size_t process) override {
    return way_->queue_for(l, process);
  }
  std::unique_ptr<process_jobs> jobs_for(lane& l, std::size_t process) override {
    return std::make_unique<simulated_jobs>(l, process, plan_, jobs_, oracle_);
  }
  steady_time after(std::chrono::nanoseconds d) const { return scheduler::start() + d; }
  void send_next();
  void start(std::size_t planned);
  void arrange(const event_plan&, std::size_t number);
  void happen(event_plan::kind, std::size_t number);
  void act_on_steps();
  void reap();
  void ended(std::size_t number);
  void go_on();
  void heal();
  process* find(std::size_t number);

  const plan& plan_;
  trace& trace_;
  seeded_picker picker_;
  scheduler time_;
  lane lane_;
  oracle oracle_;
  service service_;
  std::unique_ptr<way> way_;
  job_history jobs_;
  dice dice_;
  std::vector<process_plan> processes_planned_;
  std::vector<std::unique_ptr<process>> processes_;
  std::vector<due_at_step> at_steps_;
  std::size_t next_message_{0};
  std::size_t to_start_{0};
  std::size_t numbers_{0};
  std::size_t healer_{0};
  steady_time healing_since_{};
  bool horizon_reached_{false};
  bool is_done_{false};
};

verdict world::run() {
  send_next();
  to_start_ = plan_.processes.size();
  for (std::size_t i = 0; i < plan_.processes.size(); ++i)
    lane_.at(after(plan_.processes[i].starts_at), [this, i] { start(i); });
  lane_.at(after(plan_.horizon), [this] {
    horizon_reached_ = true;
    for (const auto& p : processes_)
      if (!p->is_draining()) p->signal();
    go_on();
  });
  while (!oracle_.has_failed() && !is_done_) {
    if (!time_.run_one()) {
      oracle_.violated(0, "nothing is awaited any more, and messages are left");
      break;
    }
    if (trace_.is_on())
      for (const auto& p : processes_)
        p->observe();
    if (!at_steps_.empty()) act_on_steps();
    reap();
    if (time_.steps() > most_steps) oracle_.violated(0, "the run does not end");
  }
  if (!oracle_.has_failed()) oracle_.finished(service_.present());
  verdict v;
  v.seed = plan_.seed;
  v.steps = time_.steps();
  v.lasted = time_.now() - scheduler::start();
  v.processes = numbers_;
  v.faults = way_->counts();
  for (const auto& p : processes_)
    if (!p->wind_down()) oracle_.violated(0, "a process that has ended does not come to rest");
  v.broken_promise = oracle_.broken_promise();
  v.failure = oracle_.failure();
  return v;
}

void world::send_next() {
  while (next_message_ < plan_.messages.size() &&
         after(plan_.messages[next_message_].sent_at) <= lane_.now()) {
    service_.send(next_message_, plan_.messages[next_message_]);
    ++next_message_;
  }
  if (next_message_ < plan_.messages.size())
    lane_.at(after(plan_.messages[next_message_].sent_at), [this] { send_next(); });
}

void world::start(std::size_t planned) {
  --to_start_;
  const process_plan& p = processes_planned_[planned];
  const std::size_t number = ++numbers_;
  const process::surroundings around{time_, *this, oracle_, trace_};
  processes_.push_back(std::make_unique<process>(around, number, p));
  processes_.back()->begin();
  if (horizon_reached_ && healer_ == 0) return processes_.back()->signal();
  for (const event_plan& e : p.events)
    arrange(e, number);
}

void world::arrange(const event_plan& e, std::size_t number) {
  if (e.at_step)
    at_steps_.push_back({number, *e.at_step, e.what});
  else
    lane_.at(std::max(after(e.at), lane_.now()), [this, what = e.what, number] { happen(what, number); });
}

void world::happen(event_plan::kind what, std::size_t number) {
  process* p = find(number);
  if (p == nullptr || p->is_over()) return;
  switch (what) {
    case event_plan::kind::signal: {
      const bool is_first = !p->is_draining();
      p->signal();
      if (!is_first || p->is_over()) break;
      break;
    }
    case event_plan::kind::quiet:
      p->quiet();
      break;
    case event_plan::kind::kill:
      p->kill();
      break;
    case event_plan::kind::wall_step:
      p->step_wall(dice_.between(0ns, 2h) - 1h);
      break;
  }
}

void world::act_on_steps() {
  for (std::size_t i = 0; i < at_steps_.size();) {
    const due_at_step e = at_steps_[i];
    process* p = find(e.process);
    if (p != nullptr && p->steps() < e.step) {
      ++i;
      continue;
    }
    at_steps_.erase(at_steps_.begin() + static_cast<std::ptrdiff_t>(i));
    happen(e.what, e.process);
  }
}

void world::reap() {
  for (std::size_t i = 0; i < processes_.size();) {
    if (!processes_[i]->is_over()) {
      ++i;
      continue;
    }
    const std::unique_ptr<process> gone = std::move(processes_[i]);
    processes_.erase(processes_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!gone->wind_down()) oracle_.violated(0, "a process that has ended does not come to rest");
    ended(gone->number());
  }
}

void world::ended(std::size_t number) {
  if (number == healer_) {
    if (!service_.is_done())
      oracle_.violated(1, fmt::format("worker {} ended because the queue is empty, and {} messages are in it",
                                      number, service_.left()));
    is_done_ = true;
    return;
  }
  if (!horizon_reached_ && numbers_ + to_start_ < most_processes && dice_.happens(0.7)) {
    process_plan next = plan_.processes[dice_.below(plan_.processes.size())];
    next.seed = dice_.next();
    for (event_plan& e : next.events)
      e.at = (lane_.now() - scheduler::start()) + dice_.between(0ns, plan_.horizon);
    processes_planned_.push_back(std::move(next));
    ++to_start_;
    lane_.at(lane_.now() + (dice_.happens(0.5) ? 0ns : dice_.spread(1ms, 5s)),
             [this, planned = processes_planned_.size() - 1] { start(planned); });
  }
  go_on();
}

void world::go_on() {
  if (horizon_reached_ && processes_.empty() && to_start_ == 0 && healer_ == 0) heal();
}

void world::heal() {
  way_->calm();
  service_.calm();
  jobs_.is_calm = true;
  healing_since_ = lane_.now();
  process_plan healer;
  healer.options.visibility = 30s;
  healer.options.drain_when_empty = true;
  healer.seed = dice_.next();
  std::chrono::nanoseconds longest = 30s;
  for (const process_plan& p : plan_.processes)
    longest = std::max({longest, std::chrono::nanoseconds(p.options.visibility), p.options.retry.cap});
  processes_planned_.push_back(std::move(healer));
  healer_ = numbers_ + 1;
  ++to_start_;
  start(processes_planned_.size() - 1);
  lane_.at(lane_.now() + 2 * longest + 10min, [this] {
    oracle_.violated(
        1, fmt::format("{} messages are not done, long after the faults have ended", service_.left()));
  });
}

process* world::find(std::size_t number) {
  const auto found = std::ranges::find_if(processes_, [&](const auto& p) { return p->number() == number; });
  return found == processes_.end() ? nullptr : found->get();
}

}  // namespace

verdict simulate(const plan& p, trace& t, depth d) {
  world w(p, t, d);
  return w.run();
}

}  // namespace lastcall::simulation
