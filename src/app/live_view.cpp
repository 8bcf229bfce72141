#include "app/live_view.hpp"

namespace lastcall::app {

namespace asio = boost::asio;
using namespace std::chrono_literals;

live_view::live_view(const asio::any_io_executor& executor, output& to, std::function<progress()> look)
    : to_(to), look_(std::move(look)), timer_(real_clock().make_timer(executor)) {}

asio::awaitable<void> live_view::run() {
  while (!stopping_) {
    show(false);
    co_await timer_->wait_until(real_clock().now() + 100ms);
  }
  show(true);
  to_.release_block();
}

void live_view::stop() noexcept {
  stopping_ = true;
  timer_->wake();
}

void live_view::show(bool is_last) {
  progress p = look_();
  p.per_s = rate_.update(real_clock().now(), p.done);
  if (to_.is_terminal())
    to_.block(live_lines(p, to_.width()));
  else
    show_line(p, is_last);
}

void live_view::show_line(const progress& p, bool is_last) {
  const steady_time now = real_clock().now();
  if (p.state == shown_state_ && !is_last && now - shown_at_ < 1s) return;
  std::string line = plain_line(p);
  if (line == shown_line_) return;
  to_.line(line);
  shown_line_ = std::move(line);
  shown_state_ = p.state;
  shown_at_ = now;
}

}  // namespace lastcall::app
