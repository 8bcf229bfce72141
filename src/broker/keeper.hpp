#pragma once

#include "broker/engine.hpp"
#include "broker/store.hpp"
#include "runtime/clock.hpp"
#include "runtime/gate.hpp"
#include "runtime/one_shot.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace lastcall::broker {

/// Keeps an engine in a store. What changes while a write is under way goes into the next one, together: one
/// commit serves all the requests that came meanwhile. Used on one strand only.
///
/// When a write fails, nothing of it may have been answered, and all that was done since stands on what is
/// not kept. So the engine is set back to what the store holds, everyone who waits is told of the failure,
/// and for a second nothing is accepted: a full disk is not asked again for every request.
class keeper {
 public:
  /// `restored` is called when the engine was set back. All must outlive the keeper, and `ended` must have
  /// completed.
  keeper(engine&, store&, clock&, const boost::asio::any_io_executor&, std::function<void()> restored);

  /// Fills the engine with what the store holds, and begins to note what changes. Blocks. Once, at the start.
  result<void> load();
  /// Why nothing can be accepted now; nothing where it can. Where the store could not be read after a failure
  /// it is tried again here, once a second.
  std::optional<error> refusal();
  /// Completes when all that the engine has done until now is kept, at once where nothing has changed. The
  /// error: it is not, and has not happened. Can't be cancelled.
  boost::asio::awaitable<result<void>> kept();
  /// Has written what has changed, soon, also if nobody waits for it.
  void write_soon();
  /// Completes when no write is under way or due.
  boost::asio::awaitable<void> ended();

 private:
  using waiter = std::shared_ptr<one_shot<result<void>>>;

  result<void> restore();
  boost::asio::awaitable<void> write(gate::holder);
  void set_back(error why);
  static void tell(std::vector<waiter>, const result<void>&);

  engine& engine_;
  store& store_;
  clock& clock_;
  boost::asio::any_io_executor executor_;
  std::function<void()> restored_;
  std::vector<waiter> next_;     ///< for changes that are not being written yet
  std::vector<waiter> current_;  ///< for those that are
  bool is_writing_{false};
  bool is_lost_{false};  ///< the engine is not what the store holds
  std::optional<error> failure_;
  steady_time refused_until_{};
  gate inside_;
};

}  // namespace lastcall::broker
