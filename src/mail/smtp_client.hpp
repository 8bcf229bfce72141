#pragma once

#include "mail/connection.hpp"
#include "mail/connection_pool.hpp"
#include "mail/delivery.hpp"
#include "mail/email.hpp"
#include "mail/smtp_server.hpp"
#include "mail/smtp_timeouts.hpp"
#include "mail/trust.hpp"
#include "runtime/clock.hpp"
#include "runtime/stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lastcall::mail {

struct smtp_client_options {
  std::string ehlo_name{"localhost"};  ///< a domain name or address literal (RFC 5321 §4.1.1.1)
  std::size_t max_connections{20};
  std::chrono::nanoseconds idle_timeout{std::chrono::seconds(60)};
  std::size_t max_mails_per_connection{1024};
  smtp_timeouts timeouts{};
};

/// Hands messages to one mail server, over connections that it reuses. Used on one strand only.
class smtp_client {
 public:
  smtp_client(const boost::asio::any_io_executor&, clock&, dialer&, smtp_server, smtp_client_options = {});
  /// Nothing is being sent; after `stop`, unless no connection was ever made.
  ~smtp_client();
  smtp_client(const smtp_client&) = delete;
  smtp_client& operator=(const smtp_client&) = delete;

  /// The right to use one of `max_connections`. Taken before a message is built, it bounds the memory that
  /// messages take. Given back when destroyed.
  class slot {
   public:
    slot(slot&& other) noexcept : client_(std::exchange(other.client_, nullptr)) {}
    slot& operator=(slot&&) = delete;
    ~slot() {
      if (client_ != nullptr) client_->leave();
    }

   private:
    friend class smtp_client;
    explicit slot(smtp_client& client) noexcept : client_(&client) {}
    smtp_client* client_;
  };

  /// Waits for a slot, first come first served. None: the coroutine was cancelled while it waited.
  boost::asio::awaitable<std::optional<slot>> enter();

  /// Sends a message to the recipients of the envelope, and says of each what became of it. Never fails
  /// otherwise: no connection, no TLS and no AUTH are results too.
  ///
  /// A connection that was idle may have been closed by the server unseen; if it ends before the final dot,
  /// the message goes over another one. When the coroutine is cancelled, the guard is asked `stop_by`: before
  /// the final dot the connection is closed (`not_sent`), after it the answer is awaited until then (else
  /// `in_doubt`).
  ///
  /// The message has CRLF line ends and must live until completion, as must the guard.
  boost::asio::awaitable<delivery> send(const slot&, envelope envelope, std::string_view message,
                                        delivery_guard& guard);

  /// Closes idle connections. Nothing may be sent afterwards. Completes when they are closed, within a
  /// second.
  boost::asio::awaitable<void> stop();

  const smtp_server& server() const noexcept { return server_; }

 private:
  struct waiter;
  class sending;

  void leave() noexcept;
  boost::asio::awaitable<result<std::unique_ptr<connection>>> open();
  static boost::asio::awaitable<void> deliver(std::shared_ptr<sending>);

  boost::asio::any_io_executor executor_;
  clock& clock_;
  dialer& dialer_;
  const smtp_server server_;
  const smtp_client_options options_;
  trust trust_;
  connection_pool pool_;
  std::size_t inside_{0};
  std::list<waiter*> waiting_;  ///< the longest waiting first
};

}  // namespace lastcall::mail
