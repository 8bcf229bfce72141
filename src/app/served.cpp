#include "app/served.hpp"

#include "runtime/tcp.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>

namespace lastcall::app {

result<std::unique_ptr<served>> served::start(background& loop, const std::string& address,
                                              http::service& service) {
  std::unique_ptr<served> made(new served(loop));
  result<void> started;
  loop.call([&] {
    auto listener = listen_tcp(loop.executor(), real_clock(), address);
    if (!listener) {
      started = listener.error();
      return;
    }
    made->server_ =
        std::make_unique<http::server>(loop.executor(), real_clock(), std::move(*listener), service);
    made->address_ = made->server_->address();
    boost::asio::co_spawn(loop.executor(), made->server_->run(),
                          [self = made.get()](std::exception_ptr thrown) {
                            if (thrown) std::rethrow_exception(thrown);
                            self->ended_.set_value();
                          });
  });
  if (!started) return started.error();
  return made;
}

served::~served() {
  if (!server_) return;
  loop_.call([this] { server_->stop(); });
  ended_.get_future().wait();
  loop_.call([this] { server_.reset(); });
}

}  // namespace lastcall::app
