// What the worker offers its pollers, and what it does with what they bring.

#include "base/log.hpp"
#include "base/mark.hpp"
#include "worker/shard_worker.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <exception>
#include <unordered_set>

namespace lastcall::worker {
namespace asio = boost::asio;
namespace {

constexpr auto counts_timeout = 10s;

}  // namespace

intake shard_worker::room() const {
  return {.concurrency = goes_round() ? 0 : shard_.options.concurrency,
          .running = slots_taken_,
          .reserved = 0,
          .settling = held_.size() - slots_taken_};
}

void shard_worker::arrived(sqs::receive_answer answer, steady_time asked_at) {
  // FIFO: what comes after a message that is put back has to wait for it (promise 7).
  std::unordered_set<std::string> held_back;
  for (message& m : answer.corrupt) {  // promise 1: it may be whole the next time
    LASTCALL_MARK("a message that does not fit its MD5 is put back");
    if (shard_.queue.is_fifo()) held_back.insert(m.group_id);
    log::error("message does not fit its MD5: put back, not worked on", {{"message_id", m.id}});
    shard_.books.count(&totals::corrupt);
    const delivery_ptr d = take_in(std::move(m), asked_at);
    put_back(d, pause_before_retry(*d, {}));
  }
  std::unordered_map<std::string, delivery_ptr> last_of_group;
  for (message& m : answer.messages) {
    const delivery_ptr d = take_in(std::move(m), asked_at);
    const bool came_in_time = d->lease.is_proven(shard_.clock.now());
    if (!came_in_time) {
      LASTCALL_MARK("a receive took longer than its lease");
      log::warning("receive took longer than the visibility timeout: its message is put back",
                   {{"message_id", d->message().id}});
    }
    if (is_draining() || !came_in_time || held_back.contains(d->message().group_id)) {
      if (is_draining()) LASTCALL_MARK("the late answer of a poll is held back");
      if (held_back.contains(d->message().group_id)) LASTCALL_MARK("a group is held back for its first");
      put_back(d, 0s);
      continue;
    }
    if (shard_.queue.is_fifo()) {  // in order within the group: each waits for the one before
      delivery_ptr& before = last_of_group[d->message().group_id];
      if (before) {
        before->next_in_group = d;
        d->has_predecessor = true;
      }
      before = d;
    }
    ++slots_taken_;
    // Bound to the end of the coroutine: Asio looks at the slot once more after the last line of a coroutine
    // that never waited.
    auto ended = [d](const std::exception_ptr&) {};
    asio::co_spawn(shard_.strand, work_on(d, coroutines_.enter()),
                   asio::bind_cancellation_slot(d->cancel.slot(), std::move(ended)));
  }
  publish();
}

delivery_ptr shard_worker::take_in(message&& m, steady_time asked_at) {
  const lease_terms terms{.visibility = shard_.options.visibility};
  auto d = std::make_shared<delivery>(next_id_++, std::move(m), shard_.queue.name(),
                                      lease(terms, asked_at, shard_.random.unit()));
  d->inside = in_flight_.enter();
  d->is_late = is_draining();
  late_ += d->is_late ? 1 : 0;
  held_.emplace(d->id, d);
  shard_.books.received(d->id, d->message().id, d->lease.ends_at(), d->is_late);
  keeper_.add(*d);
  return d;
}

void shard_worker::put_back(delivery_ptr d, std::chrono::seconds after) {
  asio::co_spawn(shard_.strand, put_back_now(std::move(d), after, coroutines_.enter()), asio::detached);
}

void shard_worker::polls_changed() {
  publish();
  if (is_draining()) changed_.notify();
}

/// Messages that fail again and again, and nothing else, come in this run. What is held is waited for before it ends,
/// so nothing is taken in meanwhile.
bool shard_worker::goes_round() const { return shard_.options.drain_when_empty && shard_.books.goes_round(); }

asio::awaitable<void> shard_worker::look_for_the_end(bool came_up_empty) {
  if (!shard_.options.drain_when_empty || asked_ || !held_.empty()) co_return;
  if (!came_up_empty && !(goes_round() && shard_.books.held_count() == 0)) co_return;
  const steady_time deadline = shard_.clock.now() + counts_timeout;
  const auto counts = co_await shard_.queue.counts(deadline);
  const bool only_failures = goes_round() && shard_.books.held_count() == 0;
  if (!counts) {
    log::warning("cannot tell whether the queue is empty", {{"why", counts.error().message}});
    if (only_failures) shard_.books.begin_round();
    co_return;
  }
  // Messages in flight are waited for, whoever holds them, but for those that fail here again and again. Of a FIFO
  // queue what waits behind these counts as visible, and will never come.
  const bool counts_visible = only_failures && !shard_.queue.is_fifo();
  const std::size_t open = counts->in_flight + (counts_visible ? counts->visible : 0);
  const bool nothing_comes = only_failures || counts->visible == 0;
  if (held_.empty() && nothing_comes && counts->delayed == 0 && open <= shard_.books.given_up())
    owner_.queue_is_empty();
  else if (only_failures)
    shard_.books.begin_round();
}

}  // namespace lastcall::worker
