#include "http/pool.hpp"

#include "base/mark.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace lastcall::http {

namespace asio = boost::asio;

pool::pool(const asio::any_io_executor& executor, clock& clock, std::chrono::nanoseconds idle_timeout,
           std::size_t per_origin)
    : executor_(executor),
      clock_(clock),
      idle_timeout_(idle_timeout),
      per_origin_(per_origin),
      timer_(clock.make_timer(executor)) {}

std::unique_ptr<client_connection> pool::take(const origin& to) {
  const auto found = resting_.find(to);
  if (found == resting_.end()) return nullptr;
  std::deque<resting>& row = found->second;
  std::unique_ptr<client_connection> taken;
  while (!taken && !row.empty()) {
    if (row.back().connection->is_usable())
      taken = std::move(row.back().connection);
    else
      LASTCALL_MARK("a connection that was closed while it rested is not used again");
    row.pop_back();
  }
  return taken;
}

void pool::keep(const origin& to, std::unique_ptr<client_connection> connection) {
  if (is_closed_ || !connection->may_go_on()) return;
  std::deque<resting>& row = resting_[to];
  if (row.size() >= per_origin_) return;
  connection->shrink();
  row.push_back({std::move(connection), clock_.now()});
  if (is_sweeping_) return;
  is_sweeping_ = true;
  asio::co_spawn(executor_, close_old(shared_from_this()), asio::detached);
}

void pool::close() noexcept {
  is_closed_ = true;
  resting_.clear();
  timer_->wake();
}

std::size_t pool::idle() const noexcept {
  std::size_t all = 0;
  for (const auto& [to, row] : resting_)
    all += row.size();
  return all;
}

asio::awaitable<void> pool::close_old(std::shared_ptr<pool> self) {
  for (steady_time next = self->sweep(); next != steady_time::max(); next = self->sweep())
    co_await self->timer_->wait_until(next);
  self->is_sweeping_ = false;
}

steady_time pool::sweep() {
  const steady_time now = clock_.now();
  steady_time next = steady_time::max();
  for (auto row = resting_.begin(); row != resting_.end();) {
    std::deque<resting>& old = row->second;
    while (!old.empty() && now - old.front().since >= idle_timeout_)
      old.pop_front();
    if (!old.empty()) next = std::min(next, old.front().since + idle_timeout_);
    row = old.empty() ? resting_.erase(row) : std::next(row);
  }
  return next;
}

}  // namespace lastcall::http
