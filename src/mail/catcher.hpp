#pragma once

#include "mail/catcher_session.hpp"
#include "mail/caught_mail.hpp"
#include "mail/maildir.hpp"
#include "runtime/clock.hpp"
#include "runtime/stream.hpp"
#include "runtime/tls.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace lastcall::mail {

struct catcher_options {
  std::optional<maildir> folder;  ///< where messages are stored; without one they are only counted
  catcher_rules rules;
  tls_context* tls{nullptr};  ///< with it STARTTLS is offered
  bool implicit_tls{false};   ///< with it TLS begins at the first byte instead
  std::size_t max_connections{256};
  std::chrono::nanoseconds command_timeout{std::chrono::minutes(5)};  ///< RFC 5321 §4.5.3.2.7

  /// How long the answer to a message is held back: a slow server.
  std::function<std::chrono::nanoseconds(const caught_mail&)> delay;
  /// The reply to a message ("451 4.3.0 Later"); empty: it is stored and accepted.
  std::function<std::string(const caught_mail&)> answer;
};

/// A mail server that keeps what it is given, for demonstrations and tests: it delivers to a folder only.
/// Used on one strand, except where noted.
class catcher {
 public:
  catcher(const boost::asio::any_io_executor&, clock&, std::unique_ptr<listener>, catcher_options = {});
  /// `run` has completed, or was never called.
  ~catcher();
  catcher(const catcher&) = delete;
  catcher& operator=(const catcher&) = delete;

  /// Serves until `stop`. Completes when all connections have ended.
  boost::asio::awaitable<void> run();
  /// Accepts nothing more, and closes all connections.
  void stop() noexcept;

  std::uint16_t port() const;
  /// How many messages were accepted, how many recipients they had, and how many connections there were. Any
  /// thread.
  std::uint64_t stored() const noexcept;
  std::uint64_t recipients() const noexcept;
  std::uint64_t connections() const noexcept;

 private:
  struct state;
  class visit;
  std::shared_ptr<state> state_;
};

}  // namespace lastcall::mail
