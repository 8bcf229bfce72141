#include "worker/settler.hpp"

#include "base/log.hpp"
#include "base/mark.hpp"
#include "worker/verdict.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace lastcall::worker {
namespace asio = boost::asio;
namespace {

constexpr std::size_t batch_limit = 10;
constexpr auto answer_timeout = 30s;
constexpr backoff between_tries{100ms, 10s};
/// What is left of the grace period when another try is not worth it.
constexpr auto too_little = 50ms;

}  // namespace

settler::settler(shard& s) : shard_(s), changed_(s.clock, s.strand), batches_(s.clock, s.strand) {
  deletes_.removes = true;
}

asio::awaitable<settlement> settler::remove(delivery& d) {
  settlement so_far = settlement::again;
  for (unsigned tries = 0; so_far == settlement::again; ++tries) {
    if (!d.lease.is_proven(shard_.clock.now())) co_return settlement::gone;
    reply told;
    ask(deletes_, d, {}, tries, told);
    const std::optional<sqs::batch_failure> failed = co_await told.wait();
    so_far = judge(deletes_, d, failed);
    if (so_far == settlement::again) co_await pause(tries);
  }
  // A delete with a receipt handle that is out of date succeeds, and deletes nothing.
  if (so_far == settlement::done && !d.lease.is_proven(shard_.clock.now())) {
    LASTCALL_MARK("a delete is confirmed too late to count");
    co_return settlement::gone;
  }
  co_return so_far;
}

asio::awaitable<settlement> settler::release(delivery& d, std::chrono::seconds after, unsigned tries) {
  reply told;
  ask(releases_, d, after, tries, told);
  const std::optional<sqs::batch_failure> failed = co_await told.wait();
  const settlement so_far = judge(releases_, d, failed);
  if (so_far == settlement::again) co_await pause(tries);
  co_return so_far;
}

void settler::ask(lane& way, delivery& d, std::chrono::seconds after, unsigned tries, reply& told) {
  // Before a drain nobody reads it, and each message would pay for it.
  if (end_at_ != steady_time::max() && tries == 0) note_unanswered(way, d);
  const steady_time now = shard_.clock.now();
  if (way.waiting.empty()) way.oldest = now;
  // A release is worth it at any time: a receipt handle that is out of date changes nothing.
  const steady_time until = way.removes ? d.lease.try_until(now) : steady_time::max();
  way.waiting.push_back({&d, after, until, &told});
  changed_.notify();
}

void settler::note_unanswered(const lane& way, const delivery& d) {
  shard_.books.note(d.id, way.removes ? "its job is done, but its delete was not answered"
                                      : "its release was not answered");
}

settlement settler::judge(const lane& way, const delivery& d,
                          const std::optional<sqs::batch_failure>& failed) {
  if (!failed) return settlement::done;
  shard_.books.note(d.id, (way.removes ? "delete failed: " : "release failed: ") + failed->why.message);
  if (verdict_on(*failed) == verdict::gone) {
    LASTCALL_MARK("a message is gone when it is to be deleted or released");
    return settlement::gone;
  }
  log::warning(way.removes ? "delete failed, trying again" : "release failed, trying again",
               {{"message_id", d.message().id}, {"why", failed->why.message}});
  if (end_at_ - shard_.clock.now() < too_little) {
    LASTCALL_MARK("a delete or a release is not answered by the end of the grace period");
    return settlement::open;
  }
  return settlement::again;
}

/// Ends early when the drain begins; in a drain it takes at most half of the time that is left, so that the last try
/// is made shortly before the end.
asio::awaitable<void> settler::pause(unsigned tries) {
  const steady_time now = shard_.clock.now();
  const std::chrono::nanoseconds length = between_tries.wait(tries, shard_.random.unit());
  const auto pausing = pausing_.insert(pausing_.end(), std::make_unique<wakeup>(shard_.clock, shard_.strand));
  co_await (*pausing)->wait_until(now + std::min<std::chrono::nanoseconds>(length, (end_at_ - now) / 2));
  pausing_.erase(pausing);
}

void settler::hurry(steady_time end_at) noexcept {
  linger_ = {};
  end_at_ = end_at;
  changed_.notify();
  for (const lane* way : {&deletes_, &releases_}) {
    for (const entry& e : way->waiting)
      note_unanswered(*way, *e.of);
    for (const std::vector<entry>* batch : way->under_way)
      for (const entry& e : *batch)
        note_unanswered(*way, *e.of);
  }
  for (const std::unique_ptr<wakeup>& pausing : pausing_)
    pausing->notify();
}

asio::awaitable<void> settler::run() {
  while (!stopping_) {
    const steady_time now = shard_.clock.now();
    const std::optional<steady_time> deletes_at = flush(deletes_, now);
    const std::optional<steady_time> releases_at = flush(releases_, now);
    steady_time next = deletes_at.value_or(steady_time::max());
    next = std::min(next, releases_at.value_or(steady_time::max()));
    co_await changed_.wait_until(next);
  }
  co_await batches_.wait_empty();
}

void settler::stop() noexcept {
  stopping_ = true;
  changed_.notify();
}

std::optional<steady_time> settler::flush(lane& way, steady_time now) {
  while (way.waiting.size() >= batch_limit || (!way.waiting.empty() && now >= way.oldest + linger_)) {
    const std::size_t count = std::min(way.waiting.size(), batch_limit);
    std::vector<entry> batch(
        std::make_move_iterator(way.waiting.begin()),
        std::make_move_iterator(way.waiting.begin() + static_cast<std::ptrdiff_t>(count)));
    way.waiting.erase(way.waiting.begin(), way.waiting.begin() + static_cast<std::ptrdiff_t>(count));
    asio::co_spawn(shard_.strand, send(way, std::move(batch), batches_.enter()), asio::detached);
  }
  if (way.waiting.empty()) return std::nullopt;
  return way.oldest + linger_;
}

asio::awaitable<void> settler::send(lane& way, std::vector<entry> batch, gate::holder inside) {
  way.under_way.push_back(&batch);
  steady_time deadline = std::min(shard_.clock.now() + answer_timeout, end_at_);
  for (const entry& e : batch)
    deadline = std::min(deadline, e.until);
  result<std::vector<sqs::batch_failure>> answer = std::vector<sqs::batch_failure>{};
  if (way.removes) {
    std::vector<std::string> handles;
    handles.reserve(batch.size());
    for (const entry& e : batch) {
      e.of->delete_sent = true;
      handles.push_back(e.of->message().receipt_handle);
    }
    answer = co_await shard_.queue.delete_batch(std::move(handles), deadline);
  } else {
    std::vector<sqs::visibility_change> changes;
    for (const entry& e : batch)
      changes.push_back({e.of->message().receipt_handle, e.after});
    answer = co_await shard_.queue.change_visibility_batch(std::move(changes), deadline);
  }
  std::erase(way.under_way, &batch);
  std::vector<std::optional<sqs::batch_failure>> failures(batch.size());
  if (answer) {
    for (sqs::batch_failure& failed : *answer)
      if (const std::size_t index = failed.index; index < failures.size())
        failures[index] = std::move(failed);
    if (!answer->empty() && answer->size() < batch.size()) LASTCALL_MARK("an entry of a batch fails alone");
  } else {
    for (std::size_t i = 0; i < batch.size(); ++i)
      failures[i] = sqs::batch_failure{i, answer.error(), false};
  }
  for (std::size_t i = 0; i < batch.size(); ++i)
    batch[i].told->set(std::move(failures[i]));
  inside.leave();
}

}  // namespace lastcall::worker
