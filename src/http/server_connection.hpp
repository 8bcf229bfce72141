#pragma once

#include "http/date.hpp"
#include "http/input.hpp"
#include "http/parser.hpp"
#include "http/server.hpp"
#include "runtime/stream.hpp"
#include "runtime/wakeup.hpp"
#include "runtime/watchdog.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <string>

namespace lastcall::http {

/// One client of a server, over any stream. Used on one strand only.
///
/// Two coroutines share it. `run` reads, for as long as the connection lasts: that is how it learns that the
/// client has gone while a request is handled, and what it reads meanwhile is the next request already. The
/// conversation exists while there is something to answer: it handles one request after the other and writes
/// the answers.
class server_connection {
 public:
  /// `service` and what the options refer to must outlive it.
  server_connection(const boost::asio::any_io_executor&, clock&, std::unique_ptr<stream>, service&,
                    const server_options&);

  /// Serves until either side ends the connection. Completes when no request is being handled any more.
  boost::asio::awaitable<void> run();
  /// Closes at once; a request under way is cancelled and its answer dropped.
  void stop() noexcept;

 private:
  boost::asio::awaitable<bool> become_tls();
  /// What the connection waits for. Each has its time, counted from when it began.
  enum class phase { none, idle, header, body, handling, writing, lingering };
  /// What the bytes at hand ask for.
  enum class step { read, go_on, answer, refuse };

  step parse();
  void enter(phase);
  void is_late();
  boost::asio::awaitable<void> converse();
  boost::asio::awaitable<bool> act(step);
  boost::asio::awaitable<bool> answer();
  boost::asio::awaitable<bool> refuse();
  boost::asio::awaitable<bool> write(const response&, bool is_to_head, bool keep_alive);
  void take_in(std::size_t received);
  void begin_conversation(step);

  boost::asio::any_io_executor executor_;
  clock& clock_;
  service& service_;
  const server_options& options_;
  std::unique_ptr<stream> stream_;
  input input_;
  request_parser parser_;
  error refusal_;
  std::string wire_;
  date_of_answers date_;
  phase phase_{phase::none};
  step next_{step::read};
  bool has_gone_on_{false};
  bool is_conversing_{false};
  bool is_over_{false};
  boost::asio::cancellation_signal cancel_;
  wakeup progressed_;  ///< of the conversation, for `run`
  watchdog watchdog_;
};

}  // namespace lastcall::http
