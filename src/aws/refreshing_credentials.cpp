#include "aws/refreshing_credentials.hpp"

#include "base/log.hpp"
#include "base/mark.hpp"
#include "runtime/cancellation.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::minutes advisory_window{15};
constexpr std::chrono::minutes mandatory_window{10};
constexpr std::chrono::minutes pause_between_fetches{1};

error given_up(bool too_late) {
  if (too_late) return {error_kind::timeout, "", "the credentials did not come in time"};
  return {error_kind::cancelled, "", "cancelled while waiting for credentials"};
}

}  // namespace

freshness freshness_of(const credentials& c, wall_time now) noexcept {
  if (!c.expires) return freshness::fresh;
  if (now >= *c.expires - mandatory_window) return freshness::expiring;
  return now >= *c.expires - advisory_window ? freshness::stale : freshness::fresh;
}

/// A fetch, and those who wait for its end.
struct refreshing_credentials::attempt {
  std::vector<timer*> waiters;
  bool has_ended{false};
  std::optional<result<credentials_ptr>> outcome;  // none after the end: the one who fetched was cancelled
};

/// The attempt of the one who fetches. Its end, also by an exception, lets the others go on.
class refreshing_credentials::running {
 public:
  explicit running(std::shared_ptr<attempt> a) : attempt_(std::move(a)) {}
  running(const running&) = delete;
  running& operator=(const running&) = delete;
  ~running() {
    attempt_->has_ended = true;
    for (timer* waiter : attempt_->waiters)
      waiter->wake();
  }

 private:
  std::shared_ptr<attempt> attempt_;
};

/// Being one of those who wait.
class refreshing_credentials::waiting {
 public:
  waiting(attempt& a, clock& clock, const asio::any_io_executor& executor)
      : attempt_(a), timer_(clock.make_timer(executor)) {
    attempt_.waiters.push_back(timer_.get());
  }
  waiting(const waiting&) = delete;
  waiting& operator=(const waiting&) = delete;
  ~waiting() { std::erase(attempt_.waiters, timer_.get()); }
  timer& ended() noexcept { return *timer_; }

 private:
  attempt& attempt_;
  std::unique_ptr<timer> timer_;
};

refreshing_credentials::refreshing_credentials(std::unique_ptr<credentials_source> source, clock& clock,
                                               const asio::any_io_executor& executor)
    : source_(std::move(source)), clock_(clock), executor_(executor) {}

refreshing_credentials::~refreshing_credentials() = default;

bool refreshing_credentials::must_fetch(wall_time now) const noexcept {
  if (!current_) return true;
  switch (freshness_of(*current_, now)) {
    case freshness::fresh:
      return false;
    case freshness::stale:
      return now >= not_before_ && (!attempt_ || attempt_->has_ended);
    case freshness::expiring:
      return now >= not_before_;
  }
  return true;
}

asio::awaitable<result<credentials_ptr>> refreshing_credentials::get(steady_time deadline) {
  const cancellation_watch watch(co_await asio::this_coro::cancellation_state);
  while (must_fetch(clock_.wall_now())) {
    const std::shared_ptr<attempt> other = attempt_;
    if (!other || other->has_ended) co_return co_await fetch(deadline);
    waiting here(*other, clock_, executor_);
    const bool too_late = co_await here.ended().wait_until(deadline);
    // Nothing but the end wakes the timer: whoever comes back before it was cancelled. So may be who comes back
    // after it: several are cancelled at once, he who fetched among them.
    if (!other->has_ended || watch.has_fired()) co_return given_up(too_late);
    if (other->outcome) co_return *other->outcome;
    LASTCALL_MARK("who fetched credentials was cancelled, and one of those who wait fetches them");
  }
  co_return current_;
}

asio::awaitable<result<credentials_ptr>> refreshing_credentials::fetch(steady_time deadline) {
  const auto mine = std::make_shared<attempt>();
  attempt_ = mine;
  const running until_the_end(mine);
  result<credentials> fetched = co_await source_->fetch(deadline);
  if (fetched.has_error() && fetched.error().kind == error_kind::cancelled) co_return fetched.error();
  result<credentials_ptr> outcome = settle(std::move(fetched));
  mine->outcome = outcome;
  co_return outcome;
}

result<credentials_ptr> refreshing_credentials::settle(result<credentials> fetched) {
  const wall_time now = clock_.wall_now();
  // Of use also when the source, in trouble itself, answers with what has expired: it is not to be pressed.
  not_before_ = now + pause_between_fetches;
  if (fetched) {
    if (current_) LASTCALL_MARK("credentials are refreshed");
    current_ = std::make_shared<const credentials>(std::move(*fetched));
    // A source that is about to change its credentials may hand out the old ones once more: the new ones are
    // wanted before these end, and a second apart at the least.
    const auto left = current_->expires ? *current_->expires - now : wall_time::duration::max();
    if (left > left.zero() && left < 2 * pause_between_fetches)
      not_before_ = now + std::max<wall_time::duration>(left / 2, std::chrono::seconds(1));
    return current_;
  }
  if (!current_ || now >= *current_->expires) {
    if (current_) LASTCALL_MARK("credentials have expired and can't be fetched again");
    not_before_ = now;
    return fetched.error();
  }
  not_before_ = std::min(not_before_, *current_->expires);
  LASTCALL_MARK("credentials can't be fetched again, and the present ones serve on");
  log::warning(
      "credentials could not be fetched again; the present ones serve on",
      {{"why", fetched.error().message},
       {"expire_in_s", std::chrono::duration_cast<std::chrono::seconds>(*current_->expires - now).count()}});
  return current_;
}

}  // namespace lastcall::aws
