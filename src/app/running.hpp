#pragma once

#include "app/background.hpp"
#include "base/error.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <future>
#include <memory>

namespace lastcall::app {

/// A server that runs on a background loop while this object exists. A `Server` has an awaitable `run()`,
/// which completes some time after `stop()`; all of it is used on the loop only.
template <class Server>
class running {
 public:
  /// `make` is called on the loop and answers a `result<std::unique_ptr<Server>>`; the server runs from then
  /// on.
  template <class Make>
  static result<std::unique_ptr<running>> start(background& loop, const Make& make) {
    std::unique_ptr<running> started(new running(loop));
    result<void> outcome;
    loop.call([&] {
      result<std::unique_ptr<Server>> made = make();
      if (made)
        started->run(std::move(*made));
      else
        outcome = made.error();
    });
    if (!outcome) return outcome.error();
    return started;
  }
  /// Stops the server and waits for its end. The loop must still run.
  ~running() {
    if (!server_) return;
    loop_.call([this] { server_->stop(); });
    ended_.get_future().wait();
    loop_.call([this] { server_.reset(); });
  }
  running(const running&) = delete;
  running& operator=(const running&) = delete;

  /// What does not change while it runs, or is made for it, may be read from any thread.
  const Server& server() const noexcept { return *server_; }
  /// On the loop only.
  Server& server_on_loop() noexcept { return *server_; }

 private:
  explicit running(background& loop) : loop_(loop) {}

  void run(std::unique_ptr<Server> made) {
    server_ = std::move(made);
    boost::asio::co_spawn(loop_.executor(), server_->run(), [this](std::exception_ptr thrown) {
      if (thrown) std::rethrow_exception(thrown);
      ended_.set_value();
    });
  }

  background& loop_;
  std::unique_ptr<Server> server_;
  std::promise<void> ended_;
};

}  // namespace lastcall::app
