// A worker with a job of its own: it greets whom the message names, or gives up when told to stop.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdio>
#include <lastcall/run.hpp>

namespace asio = boost::asio;

asio::awaitable<lastcall::outcome> greet(lastcall::job& job) {
  if (job.message().body.empty()) co_return lastcall::outcome::failed("nobody to greet");
  asio::steady_timer work(co_await asio::this_coro::executor, std::chrono::milliseconds(20));
  co_await work.async_wait(asio::as_tuple(asio::use_awaitable));
  if (job.stopping() != lastcall::stop_reason::none) co_return lastcall::outcome::stopped();
  std::fprintf(stderr, "hello, %s\n", job.message().body.c_str());
  co_return lastcall::outcome::done();
}

int main(int argc, char** argv) { return lastcall::run(argc, argv, greet); }
