#pragma once

#include "mail/caught_mail.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace lastcall::mail {

/// What a mail catcher offers and how it answers.
struct catcher_rules {
  std::string host{"localhost"};  ///< what it calls itself
  std::size_t max_message_bytes{std::size_t{64} * 1024 * 1024};
  std::size_t max_recipients{1000};
  bool offers_tls{false};
  std::string user;  ///< if given, AUTH with this user and password is demanded, and offered under TLS if
                     ///< there is TLS
  std::string password;
  /// The reply to RCPT for a recipient ("550 5.1.1 No such user"); empty: accepted.
  std::function<std::string(const std::string& recipient)> answer_recipient;
};

/// The server's side of a dialogue (RFC 5321), decided without a socket: a line in, a reply and what comes
/// next out.
class catcher_session {
 public:
  enum class next {
    line,     ///< read a line
    message,  ///< read a message, then tell `on_message`
    tls,      ///< become TLS, then tell `on_tls`
    close
  };
  struct action {
    std::string reply;  ///< one or more lines, each ended by CRLF
    next then{next::line};
  };

  /// The rules must outlive it.
  explicit catcher_session(const catcher_rules& rules) noexcept : rules_(rules) {}

  action greet() const;
  /// A command, without its line end.
  action on_line(std::string_view line);
  void on_tls() noexcept;
  /// The message is complete; `mail()` and its content go where messages go.
  caught_mail take_mail();

 private:
  enum class auth_state { none, plain, user, password };

  action hello(std::string_view name, bool extended);
  action mail_from(std::string_view arguments);
  action rcpt_to(std::string_view arguments);
  action data();
  action start_tls(std::string_view arguments);
  action auth(std::string_view arguments);
  action on_auth_line(std::string_view line);
  action check_credentials(std::string_view user, std::string_view password);
  void reset() noexcept;
  bool offers_auth() const noexcept;

  const catcher_rules& rules_;
  caught_mail mail_;
  bool has_sender_{false};
  bool is_encrypted_{false};
  bool is_authenticated_{false};
  auth_state auth_{auth_state::none};
  std::string auth_user_;
};

}  // namespace lastcall::mail
