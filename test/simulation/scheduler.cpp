#include "simulation/scheduler.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cassert>

namespace lastcall::simulation {
namespace asio = boost::asio;
namespace {

/// The handler of a wait, whatever its type.
class waiter {
 public:
  waiter() = default;
  virtual ~waiter() = default;
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  virtual std::unique_ptr<step> resumption(bool due) = 0;
};

template <class Handler>
class waiter_with final : public waiter {
 public:
  explicit waiter_with(Handler h) : handler_(std::move(h)) {}
  std::unique_ptr<step> resumption(bool due) override {
    auto call = [handler = std::move(handler_), due]() mutable { std::move(handler)(due); };
    return std::make_unique<posted<decltype(call)>>(std::move(call));
  }

 private:
  Handler handler_;
};

using of_timer = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// One coroutine's wait on a timer. Lives in the coroutine's frame.
class wait final : public alarm, public of_timer {
 public:
  explicit wait(lane& l) : lane_(l) {}

  template <class Handler>
  void begin(Handler handler, steady_time until) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    waiter_ = std::make_unique<waiter_with<Handler>>(std::move(handler));
    if (slot.is_connected()) slot.assign([this](asio::cancellation_type) { end(false); });
    lane_.set(*this, until);
  }
  void end(bool is_due) {
    if (const std::unique_ptr<waiter> w = std::move(waiter_)) {
      leave();
      lane_.ready(w->resumption(is_due));
    }
  }

 private:
  void due() override { end(true); }
  void drop() noexcept override {
    leave();
    waiter_.reset();
  }
  void leave() noexcept {
    if (alarm::is_linked()) alarm::unlink();
    if (of_timer::is_linked()) of_timer::unlink();
  }

  lane& lane_;
  std::unique_ptr<waiter> waiter_;
};

class lane_timer final : public timer {
 public:
  explicit lane_timer(lane& l) : lane_(l) {}

  asio::awaitable<bool> wait_until(steady_time when) override {
    assert((waits_.empty() || until_ == when) && "waits on one timer are for the same time");
    until_ = when;
    wait here(lane_);
    auto initiate = [this, &here, when](auto handler) {
      waits_.push_back(here);
      here.begin(std::move(handler), when);
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(initiate,
                                                                                       asio::use_awaitable);
  }
  void wake() noexcept override {
    while (!waits_.empty())
      waits_.front().end(false);
  }

 private:
  lane& lane_;
  boost::intrusive::list<wait, boost::intrusive::base_hook<of_timer>,
                         boost::intrusive::constant_time_size<false>>
      waits_;
  steady_time until_{};
};

}  // namespace

scheduler& lane::executor::query(asio::execution::context_t) const noexcept { return lane_->scheduler_; }

lane::lane(scheduler& s, std::chrono::nanoseconds wall_offset) : scheduler_(s), wall_offset_(wall_offset) {
  s.lanes_.push_back(this);
}

lane::~lane() {
  std::erase(scheduler_.lanes_, this);
  while (!alarms_.empty())
    alarms_.begin()->drop();
}

steady_time lane::now() const noexcept { return detached_ ? private_now_ : scheduler_.now(); }

wall_time lane::wall_now() const noexcept {
  constexpr wall_time begin{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  return begin + std::chrono::duration_cast<wall_time::duration>(now() - scheduler::start() + wall_offset_);
}

std::unique_ptr<timer> lane::make_timer(const asio::any_io_executor&) {
  return std::make_unique<lane_timer>(*this);
}

void lane::set(alarm& a, steady_time when) {
  a.when_ = when;
  alarms_.insert(a);
}

void lane::detach() {
  private_now_ = scheduler_.now();
  detached_ = true;
  std::erase(scheduler_.lanes_, this);
}

bool lane::run_alone(std::size_t most_steps) {
  assert(detached_);
  for (std::size_t i = 0; i < most_steps; ++i) {
    if (ready_.empty()) {
      if (next_time() == steady_time::max()) return true;
      private_now_ = std::max(private_now_, next_time());
      make_due(private_now_);
    }
    run_step(0);
  }
  return false;
}

void lane::drop_waiting() {
  while (!alarms_.empty())
    alarms_.begin()->drop();
}

void lane::make_due(steady_time now) {
  while (!alarms_.empty() && alarms_.begin()->when() <= now) {
    alarm& first = *alarms_.begin();
    first.unlink();
    first.due();
  }
}

void lane::run_step(std::size_t index) {
  const std::unique_ptr<step> next = std::move(ready_[index]);
  ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(index));
  ++steps_;
  is_running_ = true;
  next->run();
  is_running_ = false;
}

scheduler::scheduler(picker& p, bool keep_order) : picker_(p), keep_order_(keep_order) {}

scheduler::~scheduler() {
  shutdown();
  destroy();
}

bool scheduler::has_ready() const noexcept {
  return std::ranges::any_of(lanes_, [](const lane* l) { return !l->ready_.empty(); });
}

steady_time scheduler::next_time() const noexcept {
  steady_time next = steady_time::max();
  for (const lane* l : lanes_)
    next = std::min(next, l->next_time());
  return next;
}

bool scheduler::run_one() {
  std::size_t ready = 0;
  for (const lane* l : lanes_)
    ready += l->ready_.size();
  if (ready == 0) {
    const steady_time next = next_time();
    if (next == steady_time::max()) return false;
    now_ = std::max(now_, next);
    for (lane* l : lanes_) {
      l->make_due(now_);
      ready += l->ready_.size();
    }
  }
  std::size_t chosen = ready == 1 ? 0 : picker_.pick(ready);
  ++steps_;
  for (lane* l : lanes_) {
    if (chosen < l->ready_.size()) {
      l->run_step(keep_order_ ? 0 : chosen);
      break;
    }
    chosen -= l->ready_.size();
  }
  return true;
}

}  // namespace lastcall::simulation
