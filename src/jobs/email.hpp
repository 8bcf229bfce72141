#pragma once

#include "base/error.hpp"
#include "mail/ledger.hpp"
#include "runtime/clock.hpp"
#include "runtime/stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <lastcall/job.hpp>
#include <memory>
#include <string>

namespace lastcall::jobs {

/// The job that sends each message as an email; email.md is its contract.
struct email_options {
  std::string smtp{};  ///< the server, as `mail::parse_smtp_server` reads it
  std::string user{};  ///< instead of the URL's, so that secrets need not stand on a command line
  std::string password{};
  std::string from{};         ///< for emails that have none
  std::string attachments{};  ///< the folder that attachments may be read from; empty: none
  std::string ehlo_name{};    ///< empty: the machine's name
  std::size_t max_connections{20};
  /// Of the message on the wire. At most `max_connections` messages are in memory at once.
  std::size_t max_message_bytes{std::size_t{10} * 1024 * 1024};
  /// What to do about a recipient in doubt: send again, and perhaps twice; or fail, and perhaps never.
  bool resend_in_doubt{true};
};

/// A handler that holds connections, which are to be closed before it goes.
class email_handler : public handler {
 public:
  /// Closes idle connections. No job may run any more. Completes within a second.
  virtual boost::asio::awaitable<void> close() = 0;
};

/// An error where an option can't be used. `executor` is the strand that jobs run on. Dialer, clock and
/// ledger must outlive the handler; a ledger may be shared by the handlers of several strands.
result<std::unique_ptr<email_handler>> make_email(const boost::asio::any_io_executor& executor, clock&,
                                                  dialer&, mail::ledger&, const email_options&);

}  // namespace lastcall::jobs
