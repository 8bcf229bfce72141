#include "worker/keeper.hpp"

#include "base/log.hpp"
#include "base/mark.hpp"
#include "worker/verdict.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cassert>
#include <exception>

namespace lastcall::worker {
namespace asio = boost::asio;
namespace {

constexpr std::size_t batch_limit = 10;
/// Leases that fall due this soon after one that is due travel in the same batch.
constexpr auto company = 50ms;
constexpr auto answer_timeout = 10s;

}  // namespace

keeper::keeper(shard& s) : shard_(s), changed_(s.clock, s.strand), extensions_(s.clock, s.strand) {}

void keeper::add(delivery& d) { take_up(d); }

void keeper::remove(delivery& d) noexcept {
  plan_.erase(&d);
  asked_.erase(d.id);
}

void keeper::plan(delivery& d, steady_time when) {
  plan_.erase(&d);
  d.planned_at = when;
  if (when == steady_time::max()) return;
  plan_.insert(&d);
  if (*plan_.begin() == &d) changed_.notify();
}

asio::awaitable<void> keeper::let_go(delivery& d) {
  plan(d, steady_time::max());
  if (d.lease.is_asking()) co_await next_answer(d);
  plan(d, steady_time::max());
}

void keeper::take_up(delivery& d) {
  if (d.lease.is_proven(shard_.clock.now())) plan(d, d.lease.next_time());
}

asio::awaitable<void> keeper::next_answer(delivery& d) {
  one_shot<bool> answer;
  d.extension_answered = &answer;
  co_await answer.wait();
}

asio::awaitable<void> keeper::run() {
  while (!stopping_) {
    look_at_due(shard_.clock.now());
    const steady_time next = plan_.empty() ? steady_time::max() : (*plan_.begin())->planned_at;
    co_await changed_.wait_until(next);
  }
  co_await extensions_.wait_empty();
}

void keeper::stop() {
  stopping_ = true;
  for (const canceller& cancel : under_way_)
    cancel->emit(asio::cancellation_type::terminal);
  changed_.notify();
}

void keeper::look_at_due(steady_time now) {
  std::vector<std::uint64_t> ids;
  std::vector<sqs::visibility_change> changes;
  steady_time until = steady_time::max();
  const auto send = [&] {
    if (ids.empty()) return;
    const canceller cancel = under_way_.emplace_back(std::make_shared<asio::cancellation_signal>());
    // Bound to the end of the coroutine: Asio looks at the slot once more after the last line.
    auto ended = [cancel](const std::exception_ptr&) {};
    asio::co_spawn(shard_.strand,
                   extend(std::exchange(ids, {}), std::exchange(changes, {}),
                          std::exchange(until, steady_time::max()), cancel, extensions_.enter()),
                   asio::bind_cancellation_slot(cancel->slot(), std::move(ended)));
  };
  while (!plan_.empty()) {
    delivery& d = **plan_.begin();
    const bool due_now = d.planned_at <= now;
    if (!due_now && (ids.empty() || d.planned_at > now + company)) break;
    switch (d.lease.what_is_due(std::max(now, d.planned_at))) {
      case lease::due::loss:
        if (!due_now) return send();
        LASTCALL_MARK("a lease could not be extended in time");
        lose(d, now, "it could not be extended in time");
        break;
      case lease::due::extension:
        changes.push_back({d.message().receipt_handle, d.lease.length_to_ask(now)});
        ids.push_back(d.id);
        until = std::min(until, d.lease.try_until(now));
        asked_.emplace(d.id, &d);
        d.lease.asking();
        plan(d, d.lease.next_time());
        if (ids.size() == batch_limit) send();
        break;
      case lease::due::nothing:
        plan(d, d.lease.next_time());
        break;
    }
  }
  send();
}

void keeper::lose(delivery& d, steady_time now, std::string_view why) {
  const bool running = d.now == delivery::phase::running;
  d.lease.refused();
  plan(d, steady_time::max());
  if (running || d.now == delivery::phase::waiting)
    log::warning(
        "lease lost: the message will be delivered again, and a success of this job no longer counts",
        {{"message_id", d.message().id}, {"why", why}});
  d.stop(stop_reason::lease_lost, std::max(now, d.lease.ends_at()) + shard_.options.reserve);
}

asio::awaitable<void> keeper::extend(std::vector<std::uint64_t> ids,
                                     std::vector<sqs::visibility_change> changes, steady_time until,
                                     canceller cancel, gate::holder inside) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  const steady_time asked_at = shard_.clock.now();
  const steady_time deadline = std::min({asked_at + answer_timeout, until, end_at_});
  std::vector<std::chrono::seconds> lengths;
  for (const sqs::visibility_change& change : changes)
    lengths.push_back(change.visibility);
  const auto answer = co_await shard_.queue.change_visibility_batch(std::move(changes), deadline);
  std::vector<const sqs::batch_failure*> failures(ids.size(), nullptr);
  if (answer)
    for (const sqs::batch_failure& failed : *answer)
      if (failed.index < failures.size()) failures[failed.index] = &failed;
  const error failed_whole = answer ? error{} : answer.error();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!answer)
      answered(ids[i], &failed_whole, verdict_on(failed_whole) == verdict::gone, asked_at, lengths[i]);
    else if (failures[i] != nullptr)
      answered(ids[i], &failures[i]->why, verdict_on(*failures[i]) == verdict::gone, asked_at, lengths[i]);
    else
      answered(ids[i], nullptr, false, asked_at, lengths[i]);
  }
  std::erase(under_way_, cancel);
  inside.leave();
}

void keeper::answered(std::uint64_t id, const error* problem, bool final, steady_time asked_at,
                      std::chrono::seconds length) {
  const auto entry = asked_.find(id);
  if (entry == asked_.end()) return;  // settled meanwhile
  delivery& d = *entry->second;
  asked_.erase(entry);
  const steady_time now = shard_.clock.now();
  const bool kept = d.planned_at != steady_time::max();
  if (problem == nullptr) {
    if (d.lease.confirmed(now, asked_at, length, shard_.random.unit()))
      shard_.books.extended(id, d.lease.ends_at());
    else if (!d.lease.is_lost())
      lose(d, now, "its extension was answered too late");
  } else if (final && !d.delete_sent) {
    LASTCALL_MARK("the service refuses an extension");
    if (!d.lease.is_lost()) lose(d, now, problem->message);
  } else {
    if (final)
      LASTCALL_MARK("an extension is refused, perhaps because our delete came before it");
    else
      LASTCALL_MARK("an extension is not answered and asked for again");
    d.lease.unanswered(now);
    log::debug("extension not answered, asking again",
               {{"message_id", d.message().id}, {"why", problem->message}});
  }
  if (kept && !d.lease.is_lost()) plan(d, d.lease.next_time());
  if (one_shot<bool>* waiting = std::exchange(d.extension_answered, nullptr)) waiting->set(true);
}

}  // namespace lastcall::worker
