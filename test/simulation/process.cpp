#include "simulation/process.hpp"

#include "simulation/dispatcher.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include <cassert>

namespace lastcall::simulation {
namespace asio = boost::asio;

struct process::shard_in_process final : worker::shard_owner {
  shard_in_process(process& p, std::uint64_t first_id)
      : in(p),
        queue(p.in_.outside.queue_for(p.lane_, p.number_)),
        jobs(p.in_.outside.jobs_for(p.lane_, p.number_)),
        common{dispatcher(p.lane_), p.lane_, *p.random_, *queue, p.options_, p.books_},
        worker(common, *jobs, *this, status, first_id) {}

  void polls_closed() override {
    in.lane_.post([this] { in.polls_closed(); });
  }
  void queue_is_empty() override {
    in.lane_.post([this] {
      if (in.signals_ == 0) in.signal();
    });
  }
  static asio::awaitable<void> run(shard_in_process& self) {
    const bool is_clean = co_await self.worker.run();
    self.in.shard_stopped(is_clean);
  }

  process& in;
  std::unique_ptr<process_queue> queue;
  std::unique_ptr<process_jobs> jobs;
  worker::shard_status status;
  worker::shard common;
  worker::shard_worker worker;
};

process::process(const surroundings& s, std::size_t number, const process_plan& p)
    : in_(s),
      number_(number),
      options_(p.options),
      lane_(s.time, std::chrono::nanoseconds(0)),
      random_(s.outside.random_for(p)) {
  for (std::size_t i = 0; i < p.shards; ++i)
    shards_.push_back(std::make_unique<shard_in_process>(*this, i << 48));
}

process::~process() = default;

void process::begin() {
  in_.trace.add(lane_.now(), number_, trace::kind::begin, 0,
                [&] { return fmt::format("worker {} starts", number_); });
  in_.oracle.process_began(number_, options_, shards_.size());
  for (const auto& s : shards_)
    asio::co_spawn(dispatcher(lane_), shard_in_process::run(*s), asio::detached);
}

void process::signal() {
  if (is_over_) return;
  ++signals_;
  in_.trace.add(lane_.now(), number_, trace::kind::signal, 0,
                [&] { return fmt::format("signal {}", signals_); });
  if (signals_ >= 3) {
    is_over_ = true;
    in_.oracle.cut_off(number_);
    in_.trace.add(lane_.now(), number_, trace::kind::end, 0, [] { return "exits at once"; });
    return;
  }
  in_.oracle.signalled(number_, signals_);
  for (const auto& s : shards_) {
    lane_.post([w = &s->worker, second = signals_ == 2] {
      w->drain();
      if (second) w->press();
    });
  }
}

void process::quiet() {
  if (is_over_) return;
  in_.trace.add(lane_.now(), number_, trace::kind::signal, 0, [] { return "quiet"; });
  in_.oracle.quieted(number_);
  for (const auto& s : shards_)
    lane_.post([w = &s->worker] { w->quiet(); });
}

void process::kill() {
  if (is_over_) return;
  in_.trace.add(lane_.now(), number_, trace::kind::end, 0, [] { return "is killed"; });
  is_over_ = true;
  in_.oracle.cut_off(number_);
}

void process::observe() {
  worker::drain_state least = worker::drain_state::stopped;
  for (const auto& s : shards_)
    least = std::min(least, s->status.state.load());
  if (seen_ == least) return;
  seen_ = least;
  in_.trace.add(lane_.now(), number_, trace::kind::state, 0, [&] { return std::string(name_of(least)); });
}

void process::polls_closed() {
  if (++polls_closed_ != shards_.size()) return;
  for (const auto& s : shards_)
    lane_.post([w = &s->worker] { w->release_held_back(); });
}

void process::shard_stopped(bool is_clean) {
  is_clean_ = is_clean_ && is_clean;
  if (++stopped_ < shards_.size() || is_over_) return;
  is_over_ = true;
  const worker::report r = make_report();
  exit_code_ = r.exit;
  in_.trace.add(lane_.now(), number_, trace::kind::end, 0, [&] {
    const worker::totals& t = r.sums;
    return fmt::format(
        "exits with {}{}: received {}, deleted {}, released {}, late {}, lost {}, left behind {}; jobs done "
        "{}, "
        "failed {}, retried {}, cut {}, lost {}",
        r.exit, is_clean_ ? "" : ", jobs still running", t.received, t.deleted, t.released, t.late, t.lost,
        r.left_behind.size(), t.jobs_done, t.jobs_failed, t.jobs_retried, t.jobs_cut, t.jobs_lost);
  });
  in_.oracle.exited(number_, r, is_clean_);
}

worker::report process::make_report() const {
  worker::report r;
  r.sums = books_.sums();
  r.left_behind = books_.held();
  r.exit = !r.left_behind.empty() ? worker::exit_left_behind
           : r.sums.jobs_cut > 0  ? worker::exit_cut
                                  : worker::exit_settled;
  return r;
}

bool process::wind_down() {
  constexpr std::size_t most_steps = 200'000;
  if (is_at_rest_) return true;
  is_over_ = true;
  lane_.detach();
  for (const auto& s : shards_) {
    s->queue->cut();
    s->jobs->cut();
    s->worker.drain();
    s->worker.press();
  }
  if (!lane_.run_alone(most_steps)) return false;
  // A worker that has ended uncleanly leaves its loops waiting.
  lane_.drop_waiting();
  is_at_rest_ = lane_.run_alone(most_steps);
  return is_at_rest_;
}

}  // namespace lastcall::simulation
