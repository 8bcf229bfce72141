#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace lastcall::testing {

/// Runs until `done()`, at most for `at_most`, and returns whether it came.
template <class Done>
bool run_until(boost::asio::io_context& context, Done done,
               std::chrono::seconds at_most = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  if (context.stopped()) context.restart();
  while (!done() && context.run_one_until(end) != 0) {
  }
  return done();
}

/// Runs the coroutine to its end on real time, and with it whatever else the context holds, and returns (or
/// throws) what it does. Throws when it has not ended after `at_most`: a hang is a failed test.
template <class T>
T run(boost::asio::io_context& context, boost::asio::awaitable<T> task,
      std::chrono::seconds at_most = std::chrono::seconds(20)) {
  using kept = std::conditional_t<std::is_void_v<T>, bool, T>;
  std::exception_ptr thrown;
  std::optional<kept> value;
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr e) {
      thrown = e;
      value = true;
    });
  } else {
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr e, T v) {
      thrown = e;
      value.emplace(std::move(v));
    });
  }
  run_until(context, [&] { return value.has_value(); }, at_most);
  if (!value) throw std::logic_error("a coroutine did not come to its end");
  if (thrown) std::rethrow_exception(thrown);
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

/// Runs what is ready, until nothing is.
inline void run_ready(boost::asio::io_context& context) {
  if (context.stopped()) context.restart();
  while (context.poll() != 0) {
  }
}

}  // namespace lastcall::testing
