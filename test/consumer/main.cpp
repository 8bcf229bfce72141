// A worker with a job of its own: it greets whom the message names, slowly if that is asked for. Told to stop, it
// saves how far it has come.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdio>
#include <lastcall/run.hpp>
#include <string>
#include <utility>

namespace asio = boost::asio;

asio::awaitable<lastcall::outcome> greet(lastcall::job& job) {
  const std::string& name = job.message().body;
  if (name.empty()) co_return lastcall::outcome::failed("nobody to greet");
  const bool is_slow = name.starts_with("slow ") && job.checkpoint().empty();
  const auto length = is_slow ? std::chrono::milliseconds(60'000) : std::chrono::milliseconds(20);
  asio::steady_timer work(co_await asio::this_coro::executor, length);
  co_await work.async_wait(asio::as_tuple(asio::use_awaitable));
  if (job.stopping() != lastcall::stop_reason::none) {
    std::string cursor = "took a breath";
    co_await job.save_checkpoint(std::move(cursor));
    co_return lastcall::outcome::stopped();
  }
  std::fprintf(stderr, "hello, %s%s%s\n", name.c_str(), job.checkpoint().empty() ? "" : ", who ",
               job.checkpoint().c_str());
  co_return lastcall::outcome::done();
}

int main(int argc, char** argv) { return lastcall::run(argc, argv, greet); }
