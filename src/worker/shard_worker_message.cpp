// One message, from its turn to its settlement.

#include "base/log.hpp"
#include "base/mark.hpp"
#include "worker/shard_worker.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>

namespace lastcall::worker {
namespace asio = boost::asio;
namespace {

std::int64_t to_ms(std::chrono::nanoseconds d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

outcome thrown(const std::exception_ptr& what) {
  try {
    std::rethrow_exception(what);
  } catch (const std::exception& e) {
    return outcome::failed(std::string("the handler threw: ") + e.what());
  } catch (...) {
    return outcome::failed("the handler threw something that is not an exception");
  }
}

}  // namespace

/// What the handler has reported as done is deleted, after that (promise 2); all else is put back (promise 1).
asio::awaitable<void> shard_worker::work_on(delivery_ptr d, gate::holder running) {
  // Once cancelled, what the handler awaits ends early, but what is awaited after it must not: the delete is
  // still owed.
  co_await asio::this_coro::throw_if_cancelled(false);
  bool may_start = true;
  if (d->has_predecessor) may_start = co_await d->turn.wait();
  may_start = may_start && d->lease.is_proven(shard_.clock.now()) && d->stopping() == stop_reason::none;
  bool deleted = false;
  if (may_start) {
    start(*d);
    outcome o;
    try {
      o = co_await handler_.run(*d);
    } catch (...) {
      o = thrown(std::current_exception());
    }
    ended(*d);
    if (d->now == delivery::phase::given_up) co_return;  // it is settled without us
    d->now = delivery::phase::settling;
    account(*d, o);
    if (o.what == outcome::kind::done) {
      const settlement s = co_await settler_.remove(*d);
      deleted = removed(*d, s);
    } else {
      const std::chrono::seconds rest = rest_after(*d, o);
      co_await release(*d, rest);
    }
  } else {
    free_slot();
    co_await release(*d, 0s);
  }
  leave(*d, deleted);
  running.leave();
}

void shard_worker::start(delivery& d) {
  d.now = delivery::phase::running;
  d.started_at = shard_.clock.now();
  if (shard_.options.job_timeout > 0s) {
    limit_time(d, d.started_at + shard_.options.job_timeout);
    changed_.notify();
  }
  // Of two machines' clocks: the sender's may be ahead of ours.
  const auto age = std::max<std::chrono::nanoseconds>(shard_.clock.wall_now() - d.message().sent_at, 0s);
  shard_.books.job_started(age, d.message().receive_count);
  if (shard_.options.drain_when_empty) d.may_help = shard_.books.try_begins(d.message().id);
  ++running_;
  status_.jobs_running = running_;
}

void shard_worker::ended(delivery& d) {
  limit_time(d, steady_time::max());
  --running_;
  free_slot();
  status_.jobs_running = running_;
}

/// True: it is deleted, and will not come again.
bool shard_worker::removed(const delivery& d, settlement s) {
  if (s == settlement::done) shard_.books.deleted(d.id);
  if (s == settlement::gone) shard_.books.lost(d.id);
  handler_.settled(d.message(), s == settlement::done);
  return s == settlement::done;
}

/// How long a message rests that is not done.
std::chrono::seconds shard_worker::rest_after(const delivery& d, const outcome& o) const {
  const bool was_cut = d.stopping() == stop_reason::draining || o.what == outcome::kind::stopped;
  return was_cut ? 0s : pause_before_retry(d, o);
}

void shard_worker::account(const delivery& d, const outcome& o) {
  const auto took = shard_.clock.now() - d.started_at;
  const std::string& id = d.message().id;
  const auto say = [&](log::level level, std::string_view event) {
    if (log::enabled(level))
      log::write(level, event,
                 {{"message_id", id},
                  {"took_ms", to_ms(took)},
                  {"receive_count", d.message().receive_count},
                  {"reason", o.reason}});
  };
  const bool done = o.what == outcome::kind::done;
  auto end = accounts::try_end::neither;
  if (!d.lease.is_proven(shard_.clock.now())) {
    LASTCALL_MARK("a job ends after its lease was lost");
    shard_.books.job_ended(job_was_lost, took);
    say(log::level::warning, done ? "job succeeded after its lease was lost: not deleted, it will run again"
                                  : "job ended after its lease was lost");
  } else if (done) {
    shard_.books.job_ended(job_was_done, took);
    end = accounts::try_end::done;
    say(log::level::debug, "job done");
  } else if (d.stopping() == stop_reason::draining) {
    shard_.books.job_ended(job_was_cut, took);
    say(log::level::warning, "job cut: its message is released");
  } else {
    const bool failed = o.what == outcome::kind::failed && d.stopping() == stop_reason::none;
    shard_.books.job_ended(failed ? job_has_failed : job_is_retried, took);
    end = accounts::try_end::failed;
    if (d.stopping() == stop_reason::time_limit)
      say(log::level::warning, "job stopped at its time limit: it will be tried again");
    else
      say(failed ? log::level::warning : log::level::info, failed ? "job failed" : "job will be tried again");
  }
  if (shard_.options.drain_when_empty)
    shard_.books.try_ended(id, end, d.may_help, shard_.options.tries_when_empty);
}

std::chrono::seconds shard_worker::pause_before_retry(const delivery& d, const outcome& o) const {
  if (o.retry_after) return std::max<std::chrono::seconds>(*o.retry_after, 0s);
  const unsigned attempt = std::max(d.message().receive_count, 1U) - 1;
  return std::chrono::ceil<std::chrono::seconds>(shard_.options.retry.wait(attempt, shard_.random.unit()));
}

asio::awaitable<void> shard_worker::put_back_now(delivery_ptr d, std::chrono::seconds after,
                                                 gate::holder running) {
  co_await release(*d, after);
  leave(*d, false);
  running.leave();
}

asio::awaitable<void> shard_worker::release(delivery& d, std::chrono::seconds after) {
  settlement so_far = settlement::again;
  for (unsigned tries = 0; so_far == settlement::again; ++tries) {
    if (tries != 0) LASTCALL_MARK("a release has failed and is tried again");
    co_await keeper_.let_go(d);
    while (!may_release()) {
      keeper_.take_up(d);
      co_await wait_until_releasable();
      co_await keeper_.let_go(d);
    }
    const steady_time now = shard_.clock.now();
    // The first try is worth it even when the lease may have ended: an old receipt handle changes nothing.
    const bool is_ours = !d.lease.is_lost() && (tries == 0 || d.lease.is_proven(now));
    const auto rest = std::min(after, d.lease.longest_rest(now));
    const auto hidden_for = is_draining() ? std::max(rest, receives_linger_for(now)) : rest;
    if (hidden_for > rest) LASTCALL_MARK("a receive that was given up is outlasted");
    so_far = is_ours ? co_await settler_.release(d, hidden_for, tries) : settlement::gone;
  }
  if (so_far == settlement::done) shard_.books.released(d.id);
  if (so_far == settlement::gone) shard_.books.lost(d.id);
  // What is open stays in the books, and is reported as left behind.
}

/// A receive that we gave up is still open at the service: what becomes visible before it ends is caught by it
/// (promise 3).
std::chrono::seconds shard_worker::receives_linger_for(steady_time now) const {
  steady_time until = shard_.books.receives_linger_until(all_polls_closed_);
  // At the end of the grace period every shard gives its receives up, in any order; on a FIFO queue each of them is
  // asked for again.
  if (!all_polls_closed_ && shard_.queue.is_fifo()) until = std::max(until, now + pollers::wait_slack);
  return std::chrono::ceil<std::chrono::seconds>(until - now);
}

/// An open receive of the process could catch what is released (promise 3).
bool shard_worker::may_release() const noexcept {
  return !is_draining() || all_polls_closed_ || polls_given_up_;
}

asio::awaitable<void> shard_worker::wait_until_releasable() {
  one_shot<bool> now;
  waiting_to_release_.push_back(&now);
  co_await now.wait();
}

void shard_worker::free_slot() noexcept {
  --slots_taken_;
  pollers_.slot_freed();
}

/// Of its group the next one starts only if this one was deleted (promise 7); and only now, when the service has
/// answered, it is not in flight any more (promise 9).
void shard_worker::leave(delivery& d, bool deleted) {
  if (const delivery_ptr next = std::exchange(d.next_in_group, nullptr)) next->turn.set(deleted);
  keeper_.remove(d);
  if (d.is_late) --late_;
  d.inside.leave();
  held_.erase(d.id);
  pollers_.slot_freed();
  if (is_draining()) changed_.notify();
}

}  // namespace lastcall::worker
