#pragma once

#include "runtime/stream.hpp"
#include "support/memory_network.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lastcall::testing {

/// One thing that a scripted peer does.
struct act {
  enum class kind { hear, say, wait, call, end, reset, hold };
  kind what;
  std::string text{};
  std::chrono::nanoseconds time{};
  std::function<void()> called{};
};

/// Reads until what was read since the last act holds `text`.
inline act hear(std::string text) { return {act::kind::hear, std::move(text)}; }
inline act say(std::string text) { return {act::kind::say, std::move(text)}; }
inline act wait(std::chrono::nanoseconds time) { return {act::kind::wait, {}, time}; }
/// Calls a function of the test, in the same moment as the act before.
inline act call(std::function<void()> what) { return {act::kind::call, {}, {}, std::move(what)}; }
/// Closes.
inline act end() { return {act::kind::end}; }
/// Resets the connection: in memory only.
inline act reset() { return {act::kind::reset}; }
/// Keeps the connection and reads on, until the peer closes.
inline act hold() { return {act::kind::hold}; }

/// A peer that does what the test says: the first connection plays the first script, and so on; further
/// connections play the last. Without a script left to say otherwise, a connection is closed when its script
/// is over.
class scripted_server {
 public:
  using script = std::vector<act>;

  scripted_server(boost::asio::any_io_executor executor, clock& clock, std::unique_ptr<listener> listener,
                  std::vector<script> scripts)
      : it_(std::make_shared<state>(clock, std::move(listener), std::move(scripts))) {
    boost::asio::co_spawn(executor, accept(it_, executor), boost::asio::detached);
  }
  ~scripted_server() { stop(); }
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;

  void stop() { it_->listening->close(); }
  std::uint16_t port() const { return it_->listening->port(); }
  std::size_t connections() const { return it_->connections; }
  /// How many connections have been ended, by either side.
  std::size_t ended() const { return it_->ended; }
  /// All that was heard, over all connections, in the order of arrival.
  const std::string& heard() const { return it_->heard; }

 private:
  struct state {
    state(clock& c, std::unique_ptr<listener> l, std::vector<script> s)
        : time(c), listening(std::move(l)), scripts(std::move(s)) {}
    clock& time;
    std::unique_ptr<listener> listening;
    std::vector<script> scripts;
    std::size_t connections{0};
    std::size_t ended{0};
    std::string heard;
  };

  static boost::asio::awaitable<void> accept(std::shared_ptr<state> it,
                                             boost::asio::any_io_executor executor) {
    for (;;) {
      result<std::unique_ptr<stream>> next = co_await it->listening->accept();
      if (!next) co_return;
      script lines = it->scripts[std::min(it->connections++, it->scripts.size() - 1)];
      boost::asio::co_spawn(executor, play(it, std::move(*next), std::move(lines)), boost::asio::detached);
    }
  }

  static boost::asio::awaitable<void> play(std::shared_ptr<state> it, std::unique_ptr<stream> with,
                                           script lines) {
    for (const act& line : lines) {
      const bool goes_on = co_await perform(it, *with, line);
      if (!goes_on) break;
    }
    with->close();
    ++it->ended;
  }

  static boost::asio::awaitable<bool> perform(std::shared_ptr<state> it, stream& with, const act& line) {
    switch (line.what) {
      case act::kind::hear:
        co_return co_await listen(it, with, line.text);
      case act::kind::hold:
        co_return co_await listen(it, with, std::string());
      case act::kind::say: {
        const result<void> sent = co_await with.write(boost::asio::buffer(line.text));
        co_return sent.has_value();
      }
      case act::kind::wait:
        co_return co_await sleep_for(it->time, line.time);
      case act::kind::call:
        line.called();
        co_return true;
      case act::kind::reset:
        dynamic_cast<memory_stream&>(with).reset();
        co_return false;
      case act::kind::end:
        break;
    }
    co_return false;
  }

  /// Until `text` has come; with none, for ever.
  static boost::asio::awaitable<bool> listen(std::shared_ptr<state> it, stream& with, std::string text) {
    std::string since;
    std::string room(64 * 1024, '\0');
    while (text.empty() || since.find(text) == std::string::npos) {
      const result<std::size_t> got = co_await with.read_some(boost::asio::buffer(room));
      if (!got) co_return false;
      since.append(room, 0, *got);
      it->heard.append(room, 0, *got);
    }
    co_return true;
  }

  std::shared_ptr<state> it_;
};

}  // namespace lastcall::testing
