#include "worker/shard_worker.hpp"

#include "base/log.hpp"
#include "base/mark.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <utility>

namespace lastcall::worker {
namespace asio = boost::asio;
namespace {

/// Runs a part's loop inside a gate.
template <class Part>
asio::awaitable<void> run_part(Part& part, gate::holder inside) {
  co_await part.run();
  inside.leave();
}

}  // namespace

shard_worker::shard_worker(shard& s, handler& h, shard_owner& owner, shard_status& status,
                           std::uint64_t first_id)
    : shard_(s),
      handler_(h),
      owner_(owner),
      status_(status),
      machine_(s.options),
      keeper_(s),
      settler_(s),
      pollers_(s, *this),
      in_flight_(s.clock, s.strand),
      coroutines_(s.clock, s.strand),
      loops_(s.clock, s.strand),
      changed_(s.clock, s.strand),
      next_id_(first_id) {}

shard_worker::~shard_worker() = default;

asio::awaitable<bool> shard_worker::run() {
  asio::co_spawn(shard_.strand, run_part(keeper_, loops_.enter()), asio::detached);
  asio::co_spawn(shard_.strand, run_part(settler_, loops_.enter()), asio::detached);
  pollers_.start();
  status_.entered[0] = shard_.clock.now();
  publish();
  while (machine_.state() != drain_state::stopped) {
    const steady_time now = shard_.clock.now();
    while (machine_.step(view(), now))
      enter(machine_.state());
    if (machine_.state() == drain_state::stopped) break;
    act_on_time(now);
    keep_time_limits(now);
    co_await changed_.wait_until(next_time(now));
  }
  if (in_flight_.inside() != 0 || coroutines_.inside() != 0) co_return false;
  pollers_.abort();  // what is asked again on a FIFO queue can't be waited for any longer
  keeper_.stop();
  settler_.stop();
  co_await loops_.wait_empty();
  co_await pollers_.join();
  co_return true;
}

void shard_worker::drain() noexcept {
  asked_ = true;
  changed_.notify();
}

void shard_worker::press() noexcept {
  pressed_ = true;
  changed_.notify();
}

void shard_worker::quiet() noexcept {
  quiet_ = true;
  pollers_.quiet();
  publish();
}

void shard_worker::release_held_back() noexcept {
  all_polls_closed_ = true;
  for (one_shot<bool>* waiting : std::exchange(waiting_to_release_, {}))
    waiting->set(true);
  changed_.notify();
}

drain_view shard_worker::view() const noexcept {
  return {.asked = asked_,
          .pressed = pressed_,
          .polls_open = !all_polls_closed_,
          .late = late_,
          .jobs = slots_taken_,
          .in_flight = in_flight_.inside()};
}

void shard_worker::enter(drain_state state) {
  status_.entered[static_cast<std::size_t>(state)] = shard_.clock.now();
  publish();
  log::info("drain", {{"state", name_of(state)},
                      {"jobs_running", running_},
                      {"held", in_flight_.inside()},
                      {"late", late_},
                      {"open_polls", pollers_.open()}});
  if (state == drain_state::closing) {
    pollers_.close();
    settler_.hurry(machine_.budget().end_at);
    keeper_.end_by(machine_.budget().end_at);
    if (shard_.options.abort_idle_polls) pollers_.abort();
  }
  if (state == drain_state::cutting) {
    const steady_time deadline = machine_.budget().jobs_give_up_at;
    // A copy: telling a job may end it at once.
    std::vector<delivery_ptr> all;
    for (const auto& [id, d] : held_)
      all.push_back(d);
    for (const delivery_ptr& d : all) {
      if (d->now != delivery::phase::waiting && d->now != delivery::phase::running) continue;
      d->stop(stop_reason::draining, deadline);
      // What waits for the one before in its group is put back now, not when that one has been. The order
      // holds: SQS keeps the group closed while one of its messages is in flight.
      if (d->has_predecessor && d->now == delivery::phase::waiting)
        LASTCALL_MARK("jobs are cut while messages wait for their turn");
      d->turn.set(false);
    }
  }
}

void shard_worker::act_on_time(steady_time now) {
  if (!is_draining()) return;
  if (pollers_.open() == 0 && !std::exchange(said_polls_closed_, true)) owner_.polls_closed();
  const bool are_jobs_told = machine_.state() == drain_state::cutting;
  if (are_jobs_told && now >= machine_.budget().jobs_give_up_at && !std::exchange(jobs_given_up_, true)) {
    std::vector<delivery_ptr> all;
    for (const auto& [id, d] : held_)
      if (d->now == delivery::phase::running) all.push_back(d);
    for (const delivery_ptr& d : all)
      give_up(*d);
  }
  if (now >= machine_.budget().give_up_at && !std::exchange(polls_given_up_, true)) {
    if (pollers_.open() != 0) LASTCALL_MARK("an open receive is given up at the end of the grace period");
    pollers_.abort();
    for (one_shot<bool>* waiting : std::exchange(waiting_to_release_, {}))
      waiting->set(true);
  }
}

/// `max`: no longer.
void shard_worker::limit_time(delivery& d, steady_time when) {
  time_limits_.erase({d.limit_at, d.id});
  d.limit_at = when;
  if (when != steady_time::max()) time_limits_.emplace(when, d.id);
}

void shard_worker::keep_time_limits(steady_time now) {
  while (!time_limits_.empty() && time_limits_.begin()->first <= now) {
    const delivery_ptr d = held_.at(time_limits_.begin()->second);
    limit_time(*d, steady_time::max());
    if (d->stopping() == stop_reason::none) {
      limit_time(*d, now + shard_.options.reserve);
      d->stop(stop_reason::time_limit, now + shard_.options.reserve);
    } else if (d->stopping() == stop_reason::time_limit) {
      give_up(*d);  // its slot stays taken until it returns
    }
  }
}

void shard_worker::give_up(delivery& d) {
  log::error("job did not stop when told to: its message is released while it still runs",
             {{"message_id", d.message().id}});
  LASTCALL_MARK("a job that does not stop is given up");
  account(d, outcome::stopped("did not stop when told to"));
  d.now = delivery::phase::given_up;
  limit_time(d, steady_time::max());
  put_back(held_.at(d.id), 0s);
}

steady_time shard_worker::next_time(steady_time now) const noexcept {
  const steady_time next = machine_.next_time(now);
  return time_limits_.empty() ? next : std::min(next, time_limits_.begin()->first);
}

void shard_worker::publish() noexcept {
  status_.state = machine_.state();
  status_.jobs_running = running_;
  status_.is_ready = machine_.state() == drain_state::running && !quiet_ && !pollers_.is_failing();
  status_.polled_at = pollers_.progressed_at();
}

}  // namespace lastcall::worker
