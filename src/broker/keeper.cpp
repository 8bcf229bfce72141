#include "broker/keeper.hpp"

#include "base/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lastcall::broker {

namespace asio = boost::asio;

namespace {
constexpr std::chrono::seconds refusal_time{1};
}  // namespace

keeper::keeper(engine& e, store& s, clock& c, const asio::any_io_executor& executor,
               std::function<void()> restored)
    : engine_(e),
      store_(s),
      clock_(c),
      executor_(executor),
      restored_(std::move(restored)),
      inside_(c, executor) {}

result<void> keeper::load() { return restore(); }

result<void> keeper::restore() {
  engine_.forget();
  const moment now{clock_.now(), clock_.wall_now()};
  std::size_t queues = 0;
  std::size_t messages = 0;
  const result<void> loaded = store_.load([&](saved_record record) {
    queues += std::holds_alternative<saved_queue>(record) ? 1 : 0;
    messages += std::holds_alternative<saved_message>(record) ? 1 : 0;
    engine_.restore(std::move(record), now);
  });
  is_lost_ = !loaded;
  if (is_lost_) {
    engine_.forget();
    return loaded;
  }
  engine_.record_changes();
  log::info("queues were taken from the data file", {{"queues", queues}, {"messages", messages}});
  return loaded;
}

std::optional<error> keeper::refusal() {
  if (!failure_) return std::nullopt;
  if (clock_.now() < refused_until_) return failure_;
  if (is_lost_) {
    refused_until_ = clock_.now() + refusal_time;
    if (auto ok = restore(); !ok) return failure_ = ok.error();
    restored_();
  }
  failure_.reset();
  return std::nullopt;
}

asio::awaitable<result<void>> keeper::kept() {
  if (!is_writing_ && !engine_.has_changes()) co_return result<void>();
  const auto written = std::make_shared<one_shot<result<void>>>();
  // Without changes of its own it may still have seen some that are being written.
  (engine_.has_changes() ? next_ : current_).push_back(written);
  write_soon();
  co_return co_await written->wait();
}

void keeper::write_soon() {
  if (is_writing_ || !engine_.has_changes()) return;
  is_writing_ = true;
  asio::co_spawn(executor_, write(inside_.enter()), asio::detached);
}

asio::awaitable<void> keeper::ended() { co_await inside_.wait_empty(); }

asio::awaitable<void> keeper::write(gate::holder) {
  while (engine_.has_changes()) {
    co_await asio::post(executor_, asio::use_awaitable);  // what is ready now comes along
    current_ = std::exchange(next_, {});
    const moment now{clock_.now(), clock_.wall_now()};
    change_set changes = engine_.take_changes(now);
    const result<void> done = co_await store_.keep(std::move(changes));
    if (!done) set_back(done.error());
    tell(std::exchange(current_, {}), done);
  }
  is_writing_ = false;
}

/// Who waits for the next write as well: it would have built on this one.
void keeper::set_back(error why) {
  log::error("changes could not be kept and are undone", {{"why", why.message}});
  current_.insert(current_.end(), next_.begin(), next_.end());
  next_.clear();
  if (auto ok = restore(); !ok) {
    log::error("what was kept can't be read; nothing is accepted until it can",
               {{"why", ok.error().message}});
    why = ok.error();
  }
  failure_ = std::move(why);
  refused_until_ = clock_.now() + refusal_time;
  restored_();
}

void keeper::tell(std::vector<waiter> waiting, const result<void>& outcome) {
  for (const waiter& w : waiting)
    w->set(outcome);
}

}  // namespace lastcall::broker
