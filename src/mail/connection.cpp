#include "mail/connection.hpp"

#include "base/url.hpp"
#include "mail/dot_stuffing.hpp"
#include "mail/handshake_fsm.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <array>

namespace lastcall::mail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t block_bytes = std::size_t{64} * 1024;

error cancelled() { return {error_kind::cancelled, "", "told to stop"}; }

/// The same error, with the server's name before it.
error about(const smtp_server& server, error e) {
  e.message.insert(0, authority(server.host, server.port) + ": ");
  return e;
}

}  // namespace

connection::connection(std::unique_ptr<stream> stream, clock& clock, const smtp_timeouts& timeouts)
    : stream_(std::move(stream)), clock_(clock), timeouts_(timeouts) {}

asio::awaitable<result<void>> connection::greet(const smtp_server& server, std::string ehlo_name,
                                                trust& trusted) {
  using kind = handshake_fsm::action::kind;
  if (server.tls == tls_use::implicit)
    if (auto ok = co_await encrypt(server, trusted, timeouts_.greeting); !ok)
      co_return about(server, ok.error());
  handshake_fsm fsm(server, std::move(ehlo_name), timeouts_);
  handshake_fsm::action next = fsm.start();
  while (next.what != kind::done) {
    if (next.what == kind::failed) co_return fsm.problem();
    if (next.what == kind::start_tls) {
      if (auto ok = co_await encrypt(server, trusted, next.timeout); !ok) co_return about(server, ok.error());
      next = fsm.on_tls();
      continue;
    }
    if (next.what == kind::write)
      if (auto ok = co_await write(next.bytes, next.timeout); !ok) co_return about(server, ok.error());
    auto reply = co_await read_reply(next.timeout);
    if (!reply) co_return about(server, reply.error());
    next = fsm.on_reply(*reply);
  }
  offered_ = fsm.offered();
  co_return result<void>();
}

asio::awaitable<void> connection::transact(transaction_fsm& fsm, std::string_view message,
                                           delivery_guard& guard) {
  using kind = transaction_fsm::action::kind;
  ++transactions_;
  transaction_fsm::action next = fsm.start();
  while (next.what != kind::done) {
    if (next.what == kind::write_message) {
      const bool is_written = co_await write_message(fsm, message, guard);
      if (!is_written) break;
    } else if (next.what == kind::write) {
      const auto ok = co_await write(next.bytes, timeouts_.command);
      if (!ok) {
        fsm.on_failure(ok.error());
        break;
      }
    }
    const auto reply = co_await read_reply(next.timeout);
    if (!reply) {
      fsm.on_failure(reply.error());
      break;
    }
    next = fsm.on_reply(*reply);
  }
  needs_reset_ = fsm.needs_reset();
  is_over_ = fsm.is_over();
}

/// Writes all but the last block, asks the guard, then writes the last block and the dot together. Until then
/// the server has nothing to say: what it says, or its end, concerns a message that was not sent. False: the
/// transaction is done.
asio::awaitable<bool> connection::write_message(transaction_fsm& fsm, std::string_view message,
                                                delivery_guard& guard) {
  dot_stuffer stuffer(message);
  std::string block = stuffer.next(block_bytes);
  while (!stuffer.is_at_end()) {
    if (const auto ok = co_await write(block, timeouts_.block); !ok) {
      fsm.on_failure(ok.error());
      co_return false;
    }
    block = stuffer.next(block_bytes);
  }
  if (replies_.has_more() || !stream_->is_quiet()) {
    const auto early = co_await read_reply(timeouts_.command);
    if (early)
      fsm.on_early_reply(*early);
    else
      fsm.on_failure(early.error());
    co_return false;
  }
  std::vector<std::string> recipients = fsm.accepted();
  if (const auto leave = co_await guard.before_final_dot(std::move(recipients)); !leave) {
    fsm.on_withheld(leave.error());
    co_return false;
  }
  block += ".\r\n";
  fsm.on_final_dot();
  if (const auto ok = co_await write(block, timeouts_.block); !ok) {
    fsm.on_failure(ok.error());
    co_return false;
  }
  co_return true;
}

asio::awaitable<void> connection::quit() {
  constexpr std::string_view line = "QUIT\r\n";
  stream_->expires_at(clock_.now() + std::chrono::seconds(1));
  const auto written = co_await stream_->write(asio::buffer(line));
  static_cast<void>(written);  // the server need not listen any more
  stream_->close();
}

asio::awaitable<result<void>> connection::encrypt(const smtp_server& server, trust& trusted,
                                                  std::chrono::nanoseconds timeout) {
  if (replies_.has_more())
    co_return error{error_kind::protocol, "", "the server went on talking after its answer to STARTTLS"};
  const auto context = trusted.context();
  if (!context) co_return context.error();
  stream_->expires_at(clock_.now() + timeout);
  co_return co_await stream_->start_tls(**context, server.host);
}

asio::awaitable<result<void>> connection::write(std::string_view bytes, std::chrono::nanoseconds timeout) {
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
    co_return cancelled();
  stream_->expires_at(clock_.now() + timeout);
  const auto written = co_await stream_->write(asio::buffer(bytes));
  if (!written && written.error().kind == error_kind::cancelled) co_return cancelled();
  co_return written;
}

asio::awaitable<result<reply>> connection::read_reply(std::chrono::nanoseconds timeout) {
  stream_->expires_at(clock_.now() + timeout);
  std::array<char, 2048> bytes;
  for (;;) {
    auto next = replies_.next();
    if (!next) co_return next.error();
    if (*next) co_return std::move(**next);
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      co_return cancelled();
    const auto read = co_await stream_->read_some(asio::buffer(bytes));
    if (!read) co_return read.error().kind == error_kind::cancelled ? cancelled() : read.error();
    replies_.feed({bytes.data(), *read});
  }
}

}  // namespace lastcall::mail
