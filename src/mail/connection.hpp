#pragma once

#include "mail/capabilities.hpp"
#include "mail/delivery.hpp"
#include "mail/reply.hpp"
#include "mail/smtp_server.hpp"
#include "mail/smtp_timeouts.hpp"
#include "mail/transaction_fsm.hpp"
#include "mail/trust.hpp"
#include "runtime/clock.hpp"
#include "runtime/stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::mail {

/// What a sender asks of its caller.
class delivery_guard {
 public:
  virtual ~delivery_guard() = default;
  /// Asked when nothing but the end of the message is left to be sent to these recipients, whom the server
  /// has accepted. Only if it succeeds is the final dot sent: here the attempt is put on record.
  virtual boost::asio::awaitable<result<void>> before_final_dot(std::vector<std::string> recipients) = 0;
  /// None, while the sender may go on. Once told to stop: until when the answer to a final dot is worth
  /// waiting for.
  virtual std::optional<steady_time> stop_by() const noexcept = 0;
};

/// A connection to a mail server: carries out what the two state machines decide. Used on one strand only.
/// An operation on it ends early, with `error_kind::cancelled`, when its coroutine is cancelled or was
/// before.
class connection {
 public:
  /// `timeouts` must outlive it.
  connection(std::unique_ptr<stream> stream, clock& clock, const smtp_timeouts& timeouts);

  /// From the first byte to a connection that takes mail. The errors name the server and have its words.
  boost::asio::awaitable<result<void>> greet(const smtp_server&, std::string ehlo_name, trust&);
  /// One transaction, to its end. The message, the machine and the guard must live until then.
  boost::asio::awaitable<void> transact(transaction_fsm&, std::string_view message, delivery_guard&);
  /// Says QUIT and closes, without waiting for the answer.
  boost::asio::awaitable<void> quit();
  void close() noexcept { stream_->close(); }

  const capabilities& offered() const noexcept { return offered_; }
  /// Whether it may be given another transaction, as far as can be seen from here.
  bool is_usable() noexcept { return !is_over_ && !replies_.has_more() && stream_->is_quiet(); }
  bool needs_reset() const noexcept { return needs_reset_; }
  std::size_t transactions() const noexcept { return transactions_; }

 private:
  boost::asio::awaitable<result<void>> encrypt(const smtp_server&, trust&, std::chrono::nanoseconds timeout);
  boost::asio::awaitable<result<void>> write(std::string_view bytes, std::chrono::nanoseconds timeout);
  boost::asio::awaitable<result<reply>> read_reply(std::chrono::nanoseconds timeout);
  boost::asio::awaitable<bool> write_message(transaction_fsm&, std::string_view message, delivery_guard&);

  std::unique_ptr<stream> stream_;
  clock& clock_;
  const smtp_timeouts& timeouts_;
  reply_parser replies_;
  capabilities offered_;
  std::size_t transactions_{0};
  bool needs_reset_{false};
  bool is_over_{false};
};

}  // namespace lastcall::mail
