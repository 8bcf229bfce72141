#pragma once

#include "app/output.hpp"
#include "app/progress.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lastcall::app {

/// Shows the progress while it runs: on a terminal a block that is drawn anew ten times a second, elsewhere a
/// line a second, and one whenever the state changes, but none that says the same again. Used on one loop;
/// see `running`.
class live_view {
 public:
  /// `look` is called on the loop.
  live_view(const boost::asio::any_io_executor&, output&, std::function<progress()> look);

  boost::asio::awaitable<void> run();
  /// Shows the last state once more, and leaves it standing.
  void stop() noexcept;

 private:
  void show(bool is_last);
  void show_line(const progress&, bool is_last);

  output& to_;
  std::function<progress()> look_;
  std::unique_ptr<timer> timer_;
  rate_meter rate_;
  bool stopping_{false};
  std::optional<worker::drain_state> shown_state_;
  std::string shown_line_;
  steady_time shown_at_{};
};

}  // namespace lastcall::app
