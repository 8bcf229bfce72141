#pragma once

#include "http/input.hpp"
#include "http/message.hpp"
#include "http/parser.hpp"
#include "runtime/cancellation.hpp"
#include "runtime/stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace lastcall::http {

/// A client's connection: one request and its answer at a time. Used on one strand only.
class client_connection {
 public:
  client_connection(std::unique_ptr<stream>, message_limits);

  /// Sends a request in its wire form and reads the answer to its end. Completes by `deadline`; cancelling
  /// the coroutine ends it at once. After an error the connection can only be dropped.
  boost::asio::awaitable<result<response>> exchange(std::string_view wire, bool is_head,
                                                    steady_time deadline);

  /// Whether another request may follow, as far as the last answer tells: it was read to its end, nothing
  /// more came with it, and neither side wants the connection closed.
  bool may_go_on() const noexcept { return may_go_on_ && input_.is_empty(); }
  /// The same, and nothing has come since, not even the connection's end. Asks the system.
  bool is_usable() noexcept { return may_go_on() && stream_->is_quiet(); }
  /// Gives back what a large answer has taken of memory.
  void shrink() noexcept { input_.shrink(); }

 private:
  boost::asio::awaitable<result<response>> read_answer(const cancellation_watch&);

  std::unique_ptr<stream> stream_;
  input input_;
  response_parser parser_;
  bool may_go_on_{true};
};

}  // namespace lastcall::http
