#include "http/client_connection.hpp"

#include "base/mark.hpp"

#include <boost/asio/this_coro.hpp>

namespace lastcall::http {

namespace asio = boost::asio;

client_connection::client_connection(std::unique_ptr<stream> connected, message_limits limits)
    : stream_(std::move(connected)), input_(limits.header_bytes + 256UL * 1024), parser_(limits) {}

asio::awaitable<result<response>> client_connection::exchange(std::string_view wire, bool is_head,
                                                              steady_time deadline) {
  const cancellation_watch watch(co_await asio::this_coro::cancellation_state);
  may_go_on_ = false;  // until the answer has been read to its end
  parser_.begin(is_head);
  stream_->expires_at(deadline);
  const result<void> sent = co_await stream_->write(asio::buffer(wire));
  if (!sent && sent.error().kind != error_kind::network) co_return sent.error();
  // A server that refuses a large request answers and closes before it has read all of it.
  result<response> answer = co_await read_answer(watch);
  if (!sent && !answer) co_return sent.error();
  if (!sent) LASTCALL_MARK("a server answers and closes before it has read the whole request");
  may_go_on_ = may_go_on_ && sent;
  co_return answer;
}

asio::awaitable<result<response>> client_connection::read_answer(const cancellation_watch& watch) {
  while (!parser_.is_done()) {
    if (watch.has_fired()) co_return error{error_kind::cancelled, "", "cancelled"};
    if (input_.is_full()) co_return error{error_kind::protocol, "", "the answer has a line without an end"};
    const asio::mutable_buffer room = input_.room();
    const result<std::size_t> got = co_await stream_->read_some(room);
    if (!got && got.error().code != "eof") co_return got.error();
    if (!got) {
      const bool has_begun = parser_.has_begun();
      if (!has_begun) {
        LASTCALL_MARK("a connection is closed without an answer");
        co_return error{error_kind::network, "eof", "the connection was closed without an answer"};
      }
      const result<void> ended = parser_.put_end();
      if (!ended) {
        LASTCALL_MARK("an answer ends half-way");
        co_return error{error_kind::network, "eof", ended.error().message};
      }
      co_return parser_.take();
    }
    input_.received(*got);
    const result<std::size_t> used = parser_.put(input_.data());
    if (!used) co_return used.error();
    input_.consume(*used);
  }
  may_go_on_ = parser_.may_keep_alive();
  co_return parser_.take();
}

}  // namespace lastcall::http
