#include "http/server_connection.hpp"

#include "base/log.hpp"
#include "http/serializer.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <charconv>
#include <exception>

namespace lastcall::http {

namespace asio = boost::asio;

namespace {

/// After a refusal the rest of the request is read and dropped for this long: closing with unread bytes would
/// reset the connection and take the answer away from the client (RFC 9112 §9.6).
constexpr std::chrono::seconds linger{2};

/// What an idle connection keeps of the memory that a large answer took.
constexpr std::size_t kept_wire = 16UL * 1024;

unsigned status_of(const error& refusal) {
  unsigned status = 400;
  std::from_chars(refusal.code.data(), refusal.code.data() + refusal.code.size(), status);
  return status;
}

response plain(unsigned status, std::string text) {
  response answer;
  answer.status = status;
  answer.headers.add("Content-Type", "text/plain; charset=utf-8");
  answer.body = std::move(text);
  answer.body += '\n';
  return answer;
}

}  // namespace

server_connection::server_connection(const asio::any_io_executor& executor, clock& clock,
                                     std::unique_ptr<stream> connected, service& service,
                                     const server_options& options)
    : executor_(executor),
      clock_(clock),
      service_(service),
      options_(options),
      stream_(std::move(connected)),
      input_(options.max_header_bytes + 64UL * 1024),
      parser_({options.max_header_bytes, options.max_body_bytes}),
      progressed_(clock, executor),
      watchdog_(clock, executor, [this] { is_late(); }) {}

/// A client that does not come to the end of the handshake has as long as one that sends half a header.
asio::awaitable<bool> server_connection::become_tls() {
  stream_->expires_at(clock_.now() + options_.header_timeout);
  const result<void> secured = co_await stream_->accept_tls(*options_.tls);
  stream_->expires_at(steady_time::max());
  if (!secured && !is_over_)
    log::debug("a client could not be spoken to over TLS",
               {{"peer", stream_->peer()}, {"why", secured.error().message}});
  co_return secured.has_value();
}

asio::awaitable<void> server_connection::run() {
  if (options_.tls != nullptr) {
    const bool is_secure = co_await become_tls();
    if (!is_secure) co_return stop();
  }
  enter(phase::idle);
  while (!is_over_) {
    if (input_.is_full()) {  // a client that sends far ahead waits for its answers
      co_await progressed_.wait();
      continue;
    }
    if (phase_ != phase::body) input_.shrink();  // here only: a read under way has its room in it
    const asio::mutable_buffer room = input_.room();
    const result<std::size_t> got = co_await stream_->read_some(room);
    if (!got) break;
    take_in(*got);
  }
  while (is_conversing_ && phase_ == phase::writing)  // a client may end its side and still read
    co_await progressed_.wait();
  stop();
  while (is_conversing_)
    co_await progressed_.wait();
}

void server_connection::stop() noexcept {
  is_over_ = true;
  stream_->close();
  watchdog_.expires_at(steady_time::max());
  if (is_conversing_) cancel_.emit(asio::cancellation_type::terminal);
  progressed_.notify();
}

void server_connection::take_in(std::size_t received) {
  input_.received(received);
  if (phase_ == phase::lingering) {
    input_.consume(input_.data().size());
  } else if (!is_conversing_) {
    if (const step found = parse(); found != step::read) begin_conversation(found);
  }
}

server_connection::step server_connection::parse() {
  const result<std::size_t> used = parser_.put(input_.data());
  if (!used) {
    refusal_ = used.error();
    return step::refuse;
  }
  input_.consume(*used);
  if (parser_.is_done()) return step::answer;
  if (input_.is_full()) {
    refusal_ = error{error_kind::protocol, "400", "the request has a line without an end"};
    return step::refuse;
  }
  if (parser_.is_header_done()) {
    enter(phase::body);
    if (parser_.expects_continue() && !has_gone_on_) return step::go_on;
  } else {
    enter(parser_.has_begun() ? phase::header : phase::idle);
  }
  return step::read;
}

void server_connection::enter(phase now) {
  if (phase_ == now) return;  // its time has begun already
  phase_ = now;
  const auto after = [&](std::chrono::nanoseconds time) { watchdog_.expires_at(clock_.now() + time); };
  switch (now) {
    case phase::idle:
      return after(options_.idle_timeout);
    case phase::header:
      return after(options_.header_timeout);
    case phase::body:
      return after(options_.body_timeout);
    case phase::lingering:
      return after(linger);
    case phase::none:
    case phase::handling:
    case phase::writing:  // the stream's deadline
      return watchdog_.expires_at(steady_time::max());
  }
}

void server_connection::is_late() {
  const bool is_half_sent = phase_ == phase::header || phase_ == phase::body;
  if (!is_half_sent || is_conversing_) return stop();
  refusal_ = error{error_kind::timeout, "408", "the request did not come to its end in time"};
  begin_conversation(step::refuse);
}

void server_connection::begin_conversation(step found) {
  next_ = found;
  is_conversing_ = true;
  asio::co_spawn(executor_, converse(),
                 asio::bind_cancellation_slot(cancel_.slot(), [this](const std::exception_ptr&) {
                   is_conversing_ = false;
                   progressed_.notify();
                 }));
}

/// Ends when more bytes are needed. Cancellation throws in the handler only: Asio 1.81 never reports the end
/// of a coroutine that is cancelled, by its own handler for one, before it has been suspended, unless
/// throwing is off.
asio::awaitable<void> server_connection::converse() {
  co_await asio::this_coro::throw_if_cancelled(false);
  do {
    const bool goes_on = co_await act(next_);
    progressed_.notify();
    if (is_over_ || phase_ == phase::lingering) co_return;
    if (!goes_on) co_return stop();
    next_ = parse();
  } while (next_ != step::read);
}

asio::awaitable<bool> server_connection::act(step found) {
  switch (found) {
    case step::go_on: {
      has_gone_on_ = true;
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      const result<void> sent = co_await stream_->write(asio::buffer(go_on));
      co_return sent.has_value();
    }
    case step::answer:
      co_return co_await answer();
    case step::refuse:
      co_return co_await refuse();
    case step::read:
      break;
  }
  co_return true;
}

asio::awaitable<bool> server_connection::answer() {
  const bool keep_alive = parser_.may_keep_alive();
  const request asked = parser_.take();
  enter(phase::handling);
  response answer;
  co_await asio::this_coro::throw_if_cancelled(true);
  try {
    answer = co_await service_.handle(asked);
  } catch (const std::exception& problem) {
    if (!is_over_)
      log::error("a request could not be handled", {{"target", asked.target}, {"why", problem.what()}});
    answer = plain(500, "the request could not be handled");
  }
  co_await asio::this_coro::throw_if_cancelled(false);
  const bool sent = co_await write(answer, asked.method == "HEAD", keep_alive);
  if (!sent || !keep_alive) co_return false;
  parser_.begin();
  has_gone_on_ = false;
  enter(phase::idle);
  co_return true;
}

/// Nothing can be known of what follows a broken request: the connection ends with the answer.
asio::awaitable<bool> server_connection::refuse() {
  const response answer = plain(status_of(refusal_), refusal_.message);
  const bool sent = co_await write(answer, false, false);
  if (!sent) co_return false;
  input_.consume(input_.data().size());
  enter(phase::lingering);
  co_return true;
}

asio::awaitable<bool> server_connection::write(const response& answer, bool is_to_head, bool keep_alive) {
  enter(phase::writing);
  wire_.clear();
  const std::string_view date = date_.at(clock_.wall_now());
  result<void> written = serialize(answer, date, is_to_head, keep_alive, wire_);
  if (!written) {
    log::error("an answer could not be sent", {{"why", written.error().message}});
    written = serialize(plain(500, "the answer could not be sent"), date, is_to_head, keep_alive, wire_);
  }
  stream_->expires_at(clock_.now() + options_.body_timeout);
  const result<void> sent = co_await stream_->write(asio::buffer(wire_));
  stream_->expires_at(steady_time::max());
  if (wire_.capacity() > kept_wire) wire_ = std::string();
  co_return sent.has_value();
}

}  // namespace lastcall::http
