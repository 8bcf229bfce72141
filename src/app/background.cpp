#include "app/background.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <future>
#include <thread>

namespace lastcall::app {

namespace asio = boost::asio;

struct background::impl {
  asio::io_context loop{1};
  asio::executor_work_guard<asio::io_context::executor_type> keep_running{loop.get_executor()};
  std::promise<void> ended;
  std::thread thread;
};

background::background() : impl_(std::make_unique<impl>()) {
  impl_->thread = std::thread([state = impl_.get()] {
    state->loop.run();
    state->ended.set_value();
  });
}

background::~background() {
  impl_->loop.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

asio::any_io_executor background::executor() { return impl_->loop.get_executor(); }

void background::call(const std::function<void()>& action) {
  std::promise<void> done;
  asio::post(impl_->loop, [&] {
    try {
      action();
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

void background::finish() noexcept {
  impl_->keep_running.reset();
  impl_->ended.get_future().wait_for(std::chrono::seconds(1));
}

}  // namespace lastcall::app
