#include "worker/pollers.hpp"

#include "base/log.hpp"
#include "base/mark.hpp"
#include "worker/drain.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace lastcall::worker {
namespace asio = boost::asio;
namespace {

constexpr backoff between_failures{200ms, 20s};
/// How long a receive that would not be full waits for more slots: jobs of one batch end together.
constexpr auto slot_company = 5ms;
/// After an empty answer to a receive without a wait, so that an idle worker does not spin.
constexpr auto short_poll_pause = 1s;

/// A receive that was never sent, because no connection was made, has leased nothing.
bool may_have_leased(const error& why) noexcept {
  if (why.code == "connect" || why.code == "resolve") return false;
  return why.kind == error_kind::cancelled || why.kind == error_kind::timeout ||
         why.kind == error_kind::network || why.kind == error_kind::protocol;
}

}  // namespace

struct pollers::loop {
  loop(shard& s, std::size_t n) : number(n), wake(s.clock, s.strand) {}

  std::size_t number;
  wakeup wake;
  asio::cancellation_signal cancel;
  std::string attempt_id;  ///< FIFO: kept until a receive is answered
  int reserved{0};         ///< slots, for what its receive may bring
  unsigned failures{0};
  bool can_be_cancelled{false};  ///< it has begun
  bool polling{false};
  bool wants_room{false};
  steady_time progressed_at{};
};

pollers::pollers(shard& s, intake_owner& owner)
    : shard_(s),
      owner_(owner),
      wait_(budgeted_wait(s.options)),
      demand_(s.options.pollers),
      running_(s.clock, s.strand) {}

pollers::~pollers() = default;

void pollers::start() {
  for (std::size_t i = 0; i < shard_.options.pollers; ++i) {
    loop& l = *loops_.emplace_back(std::make_unique<loop>(shard_, i));
    asio::co_spawn(shard_.strand, run(l, running_.enter()),
                   asio::bind_cancellation_slot(l.cancel.slot(), asio::detached));
  }
}

void pollers::slot_freed() noexcept {
  for (const auto& l : loops_) {
    if (!l->wants_room || l->number >= demand_.wanted()) continue;
    l->wants_room = false;
    l->wake.notify();
    return;
  }
}

void pollers::close() noexcept {
  closing_ = true;
  for (const auto& l : loops_)
    l->wake.notify();
}

void pollers::abort() {
  for (const auto& l : loops_)
    if (l->can_be_cancelled) l->cancel.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> pollers::join() { return running_.wait_empty(); }

steady_time pollers::progressed_at() const noexcept {
  steady_time least = steady_time::max();
  for (const auto& l : loops_)
    if (!l->wants_room) least = std::min(least, l->progressed_at);
  return least;
}

intake pollers::room() const {
  intake i = owner_.room();
  i.reserved = reserved_;
  return i;
}

asio::awaitable<void> pollers::run(loop& l, gate::holder inside) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  l.can_be_cancelled = true;
  while (!closing_) {
    l.progressed_at = shard_.clock.now();
    if (l.reserved != 0 && !quiet_) {
      // A repeated attempt brings what the first one leased, however little it asks for.
      co_await poll(l, l.reserved);
      continue;
    }
    if (l.number >= demand_.wanted()) {
      slot_freed();  // what it would have used is there for another
      co_await wait_for_room(l, steady_time::max());
      continue;
    }
    if (!quiet_ && room().quota() == 0) co_await owner_.look_for_the_end(false);
    if (quiet_ || room().quota() == 0) {
      co_await wait_for_room(l, look_again());
      continue;
    }
    const steady_time until = shard_.clock.now() + slot_company;
    while (!closing_ && !room().is_full_batch() && shard_.clock.now() < until)
      co_await wait_for_room(l, until);
    if (closing_ || quiet_ || room().quota() == 0) continue;
    co_await poll(l, room().quota());
  }
  inside.leave();
}

/// Another shard may have ended what `room` waits for.
steady_time pollers::look_again() const {
  return shard_.options.drain_when_empty ? shard_.clock.now() + 1s : steady_time::max();
}

asio::awaitable<void> pollers::wait_for_room(loop& l, steady_time until) {
  l.wants_room = true;
  owner_.polls_changed();
  co_await l.wake.wait_until(until);
  l.wants_room = false;
}

asio::awaitable<void> pollers::poll(loop& l, int count) {
  steady_time asked_at = shard_.clock.now();
  reserve(l, count);
  ++open_;
  l.polling = true;
  if (room().quota() > 0) slot_freed();  // room is left for another loop
  result<sqs::receive_answer> answer = co_await receive(l, count, wait_);
  if (!answer && may_have_leased(answer.error())) {
    LASTCALL_MARK("the fate of a receive is unknown");
    shard_.books.receive_lost(asked_at + wait_ + wait_slack);
    if (closing_ && shard_.queue.is_fifo()) {
      LASTCALL_MARK("a receive of a FIFO queue is asked for again with its attempt id");
      co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
      // What it brings is leased from now on, also what the first receive had leased: a replay begins the
      // visibility timeout anew (API reference, ReceiveMessage, ReceiveRequestAttemptId).
      asked_at = shard_.clock.now();
      count_unanswered(answer.error());
      answer = co_await receive(l, count, 0s);
      if (!answer) shard_.books.receive_lost(asked_at + wait_slack);
    }
  }
  if (!answer) count_unanswered(answer.error());
  l.polling = false;
  --open_;
  // Asked again with the same attempt id it may still bring as many.
  if (answer || l.attempt_id.empty()) reserve(l, 0);
  is_failing_ = !answer;
  l.progressed_at = shard_.clock.now();
  if (!answer) {
    owner_.polls_changed();
    if (!closing_) co_await back_off(l, answer.error());
    co_return;
  }
  l.failures = 0;
  l.attempt_id.clear();
  shard_.books.count(&totals::polls);
  const std::size_t got = answer->messages.size() + answer->corrupt.size();
  owner_.arrived(std::move(*answer), asked_at);
  learn(static_cast<std::size_t>(count), got);
  owner_.polls_changed();
  if (got != 0 || closing_) co_return;
  co_await owner_.look_for_the_end(true);
  if (wait_ == 0s && !closing_) co_await l.wake.wait_until(shard_.clock.now() + short_poll_pause);
}

void pollers::reserve(loop& l, int count) noexcept {
  reserved_ += static_cast<std::size_t>(count);
  reserved_ -= static_cast<std::size_t>(std::exchange(l.reserved, count));
}

void pollers::count_unanswered(const error& why) {
  shard_.books.count(why.kind == error_kind::cancelled ? &totals::polls_aborted : &totals::polls_failed);
}

void pollers::learn(std::size_t asked, std::size_t got) {
  const std::size_t before = demand_.wanted();
  demand_.answered(asked, got, room().is_full_batch());
  if (demand_.wanted() > before) slot_freed();
}

asio::awaitable<result<sqs::receive_answer>> pollers::receive(loop& l, int count, std::chrono::seconds wait) {
  if (shard_.queue.is_fifo() && l.attempt_id.empty()) l.attempt_id = shard_.random.uuid();
  sqs::receive_request request{.max_messages = count,
                               .wait = wait,
                               .visibility = shard_.options.visibility,
                               .attempt_id = l.attempt_id};
  shard_.books.receive_sent(shard_.clock.now() + wait + wait_slack);
  co_return co_await shard_.queue.receive(std::move(request));
}

asio::awaitable<void> pollers::back_off(loop& l, const error& why) {
  const std::chrono::nanoseconds pause =
      between_failures.ceiling(l.failures) / 2 + between_failures.wait(l.failures, shard_.random.unit()) / 2;
  ++l.failures;
  // OverLimit is the service's way to say that as much is in flight as it allows: backpressure, not a fault.
  const bool full = why.code == "OverLimit";
  if (full) LASTCALL_MARK("the service says that too much is in flight");
  log::write(full ? log::level::debug : log::level::warning, "receive failed, trying again",
             {{"why", why.message},
              {"pause_ms", std::chrono::duration_cast<std::chrono::milliseconds>(pause).count()}});
  const steady_time until = shard_.clock.now() + pause;
  while (!closing_ && shard_.clock.now() < until) {
    l.progressed_at = shard_.clock.now();
    co_await l.wake.wait_until(until);
  }
}

}  // namespace lastcall::worker
