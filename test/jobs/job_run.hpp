#pragma once

#include "runtime/clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <lastcall/job.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lastcall::testing {

/// A job as the worker hands it to a handler, for which the test decides when it is told to stop.
class fake_job final : public job {
 public:
  const lastcall::message& message() const noexcept override { return content; }
  const std::string& queue_name() const noexcept override { return queue; }
  stop_reason stopping() const noexcept override { return why; }
  steady_time stop_deadline() const noexcept override { return deadline; }
  void drop_body() noexcept override { content.body.clear(); }
  const std::string& checkpoint() const noexcept override { return cursor; }
  boost::asio::awaitable<bool> save_checkpoint(std::string given) override {
    if (save_takes.count() > 0) co_await sleep_for(real_clock(), save_takes);
    saved.push_back(std::move(given));
    co_return true;
  }

  void stop(stop_reason reason, steady_time until) {
    const bool is_first = why == stop_reason::none;
    why = is_first ? reason : why;
    deadline = until;
    const auto running = cancel.lock();
    if (is_first && running) running->emit(boost::asio::cancellation_type::terminal);
  }

  lastcall::message content;
  std::string queue{"orders"};
  stop_reason why{stop_reason::none};
  steady_time deadline{steady_time::max()};
  std::string cursor;              ///< what it is given
  std::vector<std::string> saved;  ///< what it has saved, in order
  std::chrono::nanoseconds save_takes{0};
  /// Of the run under way. A signal must not outlive the context that it was used in.
  std::weak_ptr<boost::asio::cancellation_signal> cancel;
};

/// Runs a handler as the worker does: on a strand, cancellable, and with later waits unharmed by a
/// cancellation.
inline boost::asio::awaitable<outcome> as_the_worker(handler& h, fake_job& j,
                                                     std::shared_ptr<boost::asio::cancellation_signal>) {
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::enable_terminal_cancellation());
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  co_return co_await h.run(j);
}

/// One job under way.
class job_run {
 public:
  job_run(boost::asio::io_context& context, handler& h, fake_job& j)
      : cancel_(std::make_shared<boost::asio::cancellation_signal>()) {
    j.cancel = cancel_;
    boost::asio::co_spawn(boost::asio::make_strand(context), as_the_worker(h, j, cancel_),
                          boost::asio::bind_cancellation_slot(
                              cancel_->slot(), [this](const std::exception_ptr& thrown, outcome o) {
                                if (thrown) std::rethrow_exception(thrown);
                                ended = std::move(o);
                              }));
  }

  std::optional<outcome> ended;

 private:
  std::shared_ptr<boost::asio::cancellation_signal> cancel_;
};

/// Runs the context, in real time, until the job has ended. Throws after `limit`.
inline outcome finish(boost::asio::io_context& context, job_run& run,
                      std::chrono::seconds limit = std::chrono::seconds(20)) {
  const auto give_up_at = std::chrono::steady_clock::now() + limit;
  context.restart();
  while (!run.ended && context.run_one_until(give_up_at) != 0) {
  }
  if (!run.ended) throw std::runtime_error("the job has not ended");
  return *run.ended;
}

inline outcome run_to_the_end(handler& h, fake_job& j) {
  boost::asio::io_context context;
  job_run run(context, h, j);
  return finish(context, run);
}

}  // namespace lastcall::testing
