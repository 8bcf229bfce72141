#pragma once

#include "mail/capabilities.hpp"
#include "mail/delivery.hpp"
#include "mail/reply.hpp"
#include "mail/smtp_server.hpp"
#include "mail/smtp_timeouts.hpp"

#include <string>

namespace lastcall::mail {

/// The dialogue from a fresh connection to one that takes mail, decided without a socket: greeting, EHLO (or
/// HELO), STARTTLS and EHLO again, AUTH. The shell obeys each action and reports back, until `done` or
/// `failed`.
///
///     state      2yz / 3yz                            else
///     greeting   → hello                              failed
///     hello      → starttls, auth or done             5yz: → helo, unless TLS or AUTH is demanded; else
///     failed helo       → done                               failed starttls   → start_tls → hello
///     opportunistic: → auth or done; else failed auth       334: the next word; 235: → done      failed
class handshake_fsm {
 public:
  struct action {
    enum class kind {
      read,       ///< read a reply
      write,      ///< write `bytes`, then read a reply
      start_tls,  ///< become TLS; refuse if anything was received beyond the last reply (CVE-2011-0411)
      done,
      failed  ///< `problem` says why
    };
    kind what{};
    std::string bytes;  ///< may hold a password: not for logs
    std::chrono::nanoseconds timeout{};
  };

  /// `server` and `timeouts` must outlive it. The connection is encrypted already if `server.tls` is
  /// implicit.
  handshake_fsm(const smtp_server& server, std::string ehlo_name, const smtp_timeouts& timeouts);

  action start();
  action on_reply(const reply&);
  action on_tls();

  /// After `done`: what the server offers on this connection.
  const capabilities& offered() const noexcept { return offered_; }
  /// After `failed`.
  const error& problem() const noexcept { return problem_; }

 private:
  enum class state { greeting, hello, helo, starttls, auth };

  action say(state, std::string line);
  action after_hello(const reply&);
  action encrypt_or_authenticate();
  action authenticate();
  action after_auth(const reply&);
  action fail(error_kind, std::string code, std::string message);
  action fail(const reply&);
  smtp_step step() const noexcept;

  const smtp_server& server_;
  const std::string ehlo_name_;
  const smtp_timeouts& timeouts_;
  state state_{state::greeting};
  bool encrypted_;
  std::vector<std::string> answers_;  ///< to the challenges of AUTH, the last one first
  capabilities offered_;
  error problem_;
};

}  // namespace lastcall::mail
