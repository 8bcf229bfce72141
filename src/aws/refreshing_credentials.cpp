#include "aws/refreshing_credentials.hpp"

#include "base/log.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::minutes advisory_window{15};
constexpr std::chrono::minutes mandatory_window{10};
constexpr std::chrono::minutes pause_between_fetches{1};

error given_up() { return {error_kind::cancelled, "", "cancelled while waiting for credentials"}; }

}  // namespace

freshness freshness_of(const credentials& c, wall_time now) noexcept {
  if (!c.expires) return freshness::fresh;
  if (now >= *c.expires - mandatory_window) return freshness::expiring;
  return now >= *c.expires - advisory_window ? freshness::stale : freshness::fresh;
}

/// A fetch under way and those who wait for it.
struct refreshing_credentials::attempt {
  explicit attempt(std::unique_ptr<timer> t) : ended(std::move(t)) {}

  std::unique_ptr<timer> ended;
  bool has_ended{false};
  std::optional<result<credentials_ptr>> outcome;  // none after the end: the one who fetched was cancelled
};

/// The attempt of the one who fetches. Its end, also by an exception, lets the others go on.
class refreshing_credentials::running {
 public:
  explicit running(refreshing_credentials& owner)
      : owner_(owner), attempt_(std::make_shared<attempt>(owner.clock_.make_timer(owner.executor_))) {
    owner_.attempt_ = attempt_;
  }
  running(const running&) = delete;
  running& operator=(const running&) = delete;
  ~running() {
    attempt_->has_ended = true;
    owner_.attempt_.reset();
    attempt_->ended->wake();
  }
  void conclude(const result<credentials_ptr>& outcome) { attempt_->outcome = outcome; }

 private:
  refreshing_credentials& owner_;
  std::shared_ptr<attempt> attempt_;
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
      return now >= not_before_ && !attempt_;
    case freshness::expiring:
      return now >= not_before_;
  }
  return true;
}

asio::awaitable<result<credentials_ptr>> refreshing_credentials::get() {
  while (must_fetch(clock_.wall_now())) {
    const std::shared_ptr<attempt> other = attempt_;
    if (!other) co_return co_await fetch();
    while (!other->has_ended) {
      co_await other->ended->wait_until(steady_time::max());
      const auto cancellation = co_await asio::this_coro::cancellation_state;
      if (cancellation.cancelled() != asio::cancellation_type::none) co_return given_up();
    }
    if (other->outcome) co_return *other->outcome;
  }
  co_return current_;
}

asio::awaitable<result<credentials_ptr>> refreshing_credentials::fetch() {
  running attempt(*this);
  result<credentials> fetched = co_await source_->fetch();
  if (fetched.has_error() && fetched.error().kind == error_kind::cancelled) co_return fetched.error();
  result<credentials_ptr> outcome = settle(std::move(fetched));
  attempt.conclude(outcome);
  co_return outcome;
}

result<credentials_ptr> refreshing_credentials::settle(result<credentials> fetched) {
  const wall_time now = clock_.wall_now();
  // Of use also when the source, in trouble itself, answers with what has expired: it is not to be pressed.
  not_before_ = now + pause_between_fetches;
  if (fetched) {
    current_ = std::make_shared<const credentials>(std::move(*fetched));
    return current_;
  }
  if (!current_ || now >= *current_->expires) {
    not_before_ = now;
    return fetched.error();
  }
  not_before_ = std::min(not_before_, *current_->expires);
  log::warning(
      "credentials could not be fetched again; the present ones serve on",
      {{"why", fetched.error().message},
       {"expire_in_s", std::chrono::duration_cast<std::chrono::seconds>(*current_->expires - now).count()}});
  return current_;
}

}  // namespace lastcall::aws
