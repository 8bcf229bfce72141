#include "worker/supervisor.hpp"

#include "base/log.hpp"
#include "base/mark.hpp"
#include "runtime/random.hpp"
#include "worker/shard_worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace lastcall::worker {
namespace asio = boost::asio;
namespace {

/// The numbers of the messages of one shard begin this far from those of the next.
constexpr std::uint64_t ids_per_shard = 1ULL << 48;

/// Before the end of the grace period, for a loop that does not end by itself: the report is still to be
/// written.
constexpr std::chrono::nanoseconds watchdog_margin(std::chrono::nanoseconds reserve) {
  return std::min<std::chrono::nanoseconds>(reserve / 16, 100ms);
}

const char* name_of_signal(int number) {
  return number == SIGTERM ? "SIGTERM" : number == SIGINT ? "SIGINT" : "signal";
}

/// One loop thread with everything that is used on it alone.
struct shard_loop final : shard_owner {
  shard_loop(const options& o, accounts& books, std::uint64_t index)
      : strand(asio::make_strand(context)),
        random(entropy()),
        first_id(index * ids_per_shard),
        options_(o),
        books_(books) {}

  void make(const supervisor::make_shard& make_parts) {
    parts = make_parts(strand);
    common.emplace(shard{strand, real_clock(), random, parts->queue(), options_, books_});
    worker.emplace(*common, parts->handler(), *this, status, first_id);
  }
  void polls_closed() override { on_polls_closed(); }
  void queue_is_empty() override { on_empty(); }

  /// Calls a function of the worker on its strand.
  void tell(void (shard_worker::*what)() noexcept) {
    asio::post(strand, [this, what] { ((*worker).*what)(); });
  }

  asio::io_context context{1};
  asio::any_io_executor strand;
  seeded_random random;
  std::uint64_t first_id;
  shard_status status;
  std::unique_ptr<shard_parts> parts;
  std::optional<shard> common;
  std::optional<shard_worker> worker;
  std::function<void()> on_polls_closed;
  std::function<void()> on_empty;
  std::thread thread;

 private:
  const options& options_;
  accounts& books_;
};

}  // namespace

struct supervisor::impl {
  impl(options o, std::size_t threads, const make_shard& make)
      : settings(std::move(o)), signals(control), watchdog(control) {
    for (std::size_t i = 0; i < threads; ++i) {
      auto& loop = *loops.emplace_back(std::make_unique<shard_loop>(settings, books, i));
      loop.make(make);
      loop.on_polls_closed = [this] { asio::post(control, [this] { shard_closed_polls(); }); };
      loop.on_empty = [this] { asio::post(control, [this] { begin_drain("empty"); }); };
    }
    arm_signals();
  }

  // On the control loop's thread.
  void arm_signals();
  void on_signal(int number);
  void begin_drain(std::string why);
  void shard_closed_polls();
  void shard_stopped(bool is_clean);
  void arm_watchdog();
  void tell_all(void (shard_worker::*what)() noexcept);
  [[noreturn]] void leave_at_once(const char* why);
  report make_report() const;
  std::string risk() const;
  std::chrono::nanoseconds longest(drain_state state) const;

  static asio::awaitable<void> run_loop(supervisor::impl& self, shard_loop& loop);

  options settings;
  accounts books;
  asio::io_context control{1};
  asio::signal_set signals;
  asio::steady_timer watchdog;
  std::vector<std::unique_ptr<shard_loop>> loops;
  std::function<void(const report&)> deliver;
  std::string reason{"end"};
  std::optional<steady_time> began;
  unsigned stop_signals{0};
  std::size_t polls_closed{0};
  std::size_t stopped{0};
  bool is_clean{true};
};

supervisor::supervisor(options o, std::size_t threads, make_shard make)
    : impl_(std::make_unique<impl>(std::move(o), threads, make)) {}
supervisor::~supervisor() = default;

asio::any_io_executor supervisor::executor() { return impl_->control.get_executor(); }
const accounts& supervisor::books() const noexcept { return impl_->books; }

void supervisor::drain(std::string reason) {
  asio::post(impl_->control, [self = impl_.get(), reason = std::move(reason)] { self->begin_drain(reason); });
}

drain_state supervisor::state() const noexcept {
  drain_state least = drain_state::stopped;
  for (const auto& loop : impl_->loops)
    least = std::min(least, loop->status.state.load());
  return least;
}

bool supervisor::is_ready() const noexcept {
  return std::ranges::all_of(impl_->loops, [](const auto& loop) { return loop->status.is_ready.load(); });
}

std::size_t supervisor::jobs_running() const noexcept {
  std::size_t sum = 0;
  for (const auto& loop : impl_->loops)
    sum += loop->status.jobs_running.load();
  return sum;
}

std::chrono::nanoseconds supervisor::poll_silence() const noexcept {
  steady_time least = steady_time::max();
  for (const auto& loop : impl_->loops)
    least = std::min(least, loop->status.polled_at.load());
  const steady_time now = real_clock().now();
  return least >= now ? std::chrono::nanoseconds{0} : now - least;
}

int supervisor::run(std::function<void(const report&)> deliver) {
  impl& self = *impl_;
  self.deliver = std::move(deliver);
  // Signals are for the control loop alone: a handler that blocks its shard must not hold one back.
  sigset_t ours;
  sigset_t before;
  sigemptyset(&ours);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1})
    sigaddset(&ours, number);
  pthread_sigmask(SIG_BLOCK, &ours, &before);
  for (const auto& loop : self.loops) {
    loop->thread = std::thread([&self, shard = loop.get()] {
      asio::co_spawn(shard->strand, impl::run_loop(self, *shard), asio::detached);
      shard->context.run();
    });
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  self.control.run();
  if (!self.is_clean) self.leave_at_once("jobs are still running");
  for (const auto& loop : self.loops)
    loop->thread.join();
  const report r = self.make_report();
  self.deliver(r);
  return r.exit;
}

asio::awaitable<void> supervisor::impl::run_loop(supervisor::impl& self, shard_loop& loop) {
  const bool is_clean = co_await loop.worker->run();
  if (is_clean) co_await loop.parts->close();
  asio::post(self.control, [&self, is_clean] { self.shard_stopped(is_clean); });
}

void supervisor::impl::arm_signals() {
  for (const int number : {SIGTERM, SIGINT, SIGUSR1})
    signals.add(number);
  signals.async_wait([this](const boost::system::error_code& problem, int number) {
    if (problem) return;
    on_signal(number);
    arm_signals();
  });
}

void supervisor::impl::on_signal(int number) {
  if (number == SIGUSR1) {
    log::info("quiet: no more messages are received, jobs run on; SIGTERM ends the process");
    return tell_all(&shard_worker::quiet);
  }
  switch (++stop_signals) {
    case 1:
      return begin_drain(name_of_signal(number));
    case 2:
      LASTCALL_MARK("a second signal");
      log::warning("second signal: running jobs are told to stop; a third exits at once");
      begin_drain(name_of_signal(number));
      return tell_all(&shard_worker::press);
    default:
      LASTCALL_MARK("a third signal");
      log::warning("third signal: exiting at once");
      leave_at_once("third signal");
  }
}

void supervisor::impl::begin_drain(std::string why) {
  if (began) return;
  began = real_clock().now();
  reason = std::move(why);
  log::info("draining",
            {{"reason", reason},
             {"grace_ms", std::chrono::duration_cast<std::chrono::milliseconds>(settings.grace).count()}});
  arm_watchdog();
  tell_all(&shard_worker::drain);
}

void supervisor::impl::shard_closed_polls() {
  if (++polls_closed == loops.size()) tell_all(&shard_worker::release_held_back);
}

void supervisor::impl::shard_stopped(bool clean) {
  is_clean = is_clean && clean;
  if (++stopped < loops.size()) return;
  control.stop();
}

void supervisor::impl::arm_watchdog() {
  watchdog.expires_at(*began + settings.grace - watchdog_margin(settings.reserve));
  watchdog.async_wait([this](const boost::system::error_code& problem) {
    if (problem) return;
    LASTCALL_MARK("a loop that does not end is left at the end of the grace period");
    leave_at_once("the grace period is over");
  });
}

void supervisor::impl::tell_all(void (shard_worker::*what)() noexcept) {
  for (const auto& loop : loops)
    loop->tell(what);
}

void supervisor::impl::leave_at_once(const char* why) {
  const report r = make_report();
  log::warning("exiting at once", {{"why", why}, {"left_behind", r.left_behind.size()}});
  deliver(r);
  // Not exit(): the loops still run, and what they use must not be destroyed under them.
  std::_Exit(r.exit);
}

std::chrono::nanoseconds supervisor::impl::longest(drain_state state) const {
  const auto index = static_cast<std::size_t>(state);
  std::chrono::nanoseconds most{0};
  for (const auto& loop : loops) {
    const steady_time from = loop->status.entered[index].load();
    if (from == steady_time{}) continue;
    steady_time to{};
    for (std::size_t later = index + 1; later < loop->status.entered.size() && to == steady_time{}; ++later)
      to = loop->status.entered[later].load();
    most = std::max<std::chrono::nanoseconds>(most, (to == steady_time{} ? real_clock().now() : to) - from);
  }
  return most;
}

report supervisor::impl::make_report() const {
  report r;
  r.reason = reason;
  if (began) r.took = real_clock().now() - *began;
  r.sums = books.sums();
  r.left_behind = books.held();
  r.closing = longest(drain_state::closing);
  r.finishing = longest(drain_state::finishing);
  r.cutting = longest(drain_state::cutting);
  r.exit = !r.left_behind.empty() ? exit_left_behind : r.sums.jobs_cut > 0 ? exit_cut : exit_settled;
  r.risk = risk();
  return r;
}

/// What a receive whose answer was not read may have leased is in no books.
std::string supervisor::impl::risk() const {
  const std::uint64_t aborted = books.sums().polls_aborted;
  if (aborted > 0)
    return "open receives that were aborted: " + std::to_string(aborted) +
           "; a message that SQS leases to one of them stays invisible until its visibility timeout";
  const steady_time unread_until = books.receives_linger_until(polls_closed == loops.size());
  const steady_time visible_at = unread_until + settings.visibility;
  if (unread_until == steady_time{} || visible_at <= real_clock().now()) return {};
  const auto left = std::chrono::ceil<std::chrono::seconds>(visible_at - real_clock().now());
  return "answers to receives were lost or not awaited; a message that SQS has leased to one of them stays invisible "
         "until its visibility timeout, for " +
         std::to_string(left.count()) + " s at most";
}

}  // namespace lastcall::worker
