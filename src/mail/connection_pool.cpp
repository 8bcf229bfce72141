#include "mail/connection_pool.hpp"

#include "runtime/gate.hpp"
#include "runtime/wakeup.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <deque>

namespace lastcall::mail {

namespace asio = boost::asio;

struct connection_pool::state {
  state(const asio::any_io_executor& e, clock& c, std::chrono::nanoseconds rest, std::size_t most)
      : executor(e), time(c), idle_timeout(rest), max_transactions(most), at_work(c, e), stop_called(c, e) {}

  struct parked {
    std::unique_ptr<connection> link;
    steady_time until;
  };

  asio::any_io_executor executor;
  clock& time;
  const std::chrono::nanoseconds idle_timeout;
  const std::size_t max_transactions;
  std::deque<parked> idle;  ///< the longest idle first
  bool is_reaping{false};
  bool is_stopping{false};
  gate at_work;  ///< reapers and dismissals
  wakeup stop_called;
};

connection_pool::connection_pool(const asio::any_io_executor& executor, clock& clock,
                                 std::chrono::nanoseconds idle_timeout, std::size_t max_transactions)
    : state_(std::make_shared<state>(executor, clock, idle_timeout, max_transactions)) {}

connection_pool::~connection_pool() = default;

std::unique_ptr<connection> connection_pool::take() noexcept {
  while (!state_->idle.empty()) {
    std::unique_ptr<connection> link = std::move(state_->idle.back().link);
    state_->idle.pop_back();
    if (link->is_usable()) return link;
    link->close();
  }
  return nullptr;
}

void connection_pool::give_back(std::unique_ptr<connection> link) {
  state& s = *state_;
  if (!link->is_usable()) {
    link->close();
  } else if (s.is_stopping || link->transactions() >= s.max_transactions) {
    asio::co_spawn(s.executor, dismiss(state_, std::move(link)), asio::detached);
  } else {
    s.idle.push_back({std::move(link), s.time.now() + s.idle_timeout});
    if (!std::exchange(s.is_reaping, true)) asio::co_spawn(s.executor, reap(state_), asio::detached);
  }
}

std::size_t connection_pool::idle() const noexcept { return state_->idle.size(); }

asio::awaitable<void> connection_pool::stop() {
  state_->is_stopping = true;
  state_->stop_called.notify();
  co_await state_->at_work.wait_empty();
}

/// Runs as long as there are idle connections.
asio::awaitable<void> connection_pool::reap(std::shared_ptr<state> s) {
  const gate::holder inside = s->at_work.enter();
  while (!s->idle.empty()) {
    if (s->is_stopping || s->idle.front().until <= s->time.now()) {
      const std::unique_ptr<connection> link = std::move(s->idle.front().link);
      s->idle.pop_front();
      co_await link->quit();
    } else {
      co_await s->stop_called.wait_until(s->idle.front().until);
    }
  }
  s->is_reaping = false;
}

asio::awaitable<void> connection_pool::dismiss(std::shared_ptr<state> s, std::unique_ptr<connection> link) {
  const gate::holder inside = s->at_work.enter();
  co_await link->quit();
}

}  // namespace lastcall::mail
