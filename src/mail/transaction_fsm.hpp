#pragma once

#include "mail/capabilities.hpp"
#include "mail/delivery.hpp"
#include "mail/email.hpp"
#include "mail/reply.hpp"
#include "mail/smtp_timeouts.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace lastcall::mail {

/// One mail transaction (RFC 5321 §3.3), decided without a socket: [RSET] MAIL RCPT… DATA, the message, the
/// final dot. The shell obeys each action and reports back, until `done`. With PIPELINING all commands go in
/// one write (RFC 2920), else one at a time. A refused recipient concerns that recipient only.
///
///     event                          before the final dot           after `on_final_dot`
///     4yz, 5yz to MAIL               later, refused: all            –
///     4yz, 5yz to RCPT               later, refused: this one       –
///     4yz, 5yz to DATA               later, refused: all accepted   –
///     2yz, 4yz, 5yz to the message   –                              sent, later, refused: all accepted
///     the connection fails           not_sent: all undecided        in_doubt: all accepted
///     4yz, 5yz in the message        later, refused: all accepted   –
///     leave is withheld              not_sent: all accepted         –
class transaction_fsm {
 public:
  struct action {
    enum class kind {
      read,           ///< read a reply
      write,          ///< write `bytes`, then read a reply
      write_message,  ///< write the message; report `on_final_dot` before its last block; then read a reply
      done
    };
    kind what{};
    std::string bytes;
    std::chrono::nanoseconds timeout{};  ///< for the reply
  };

  /// `envelope`, `offered` and `timeouts` must outlive it. `reset`: the last transaction of the connection
  /// was left unfinished.
  transaction_fsm(const envelope& envelope, const capabilities& offered, std::uint64_t message_bytes,
                  const smtp_timeouts& timeouts, bool reset);

  action start();
  action on_reply(const reply&);
  /// The end of the message is about to be written: from here on a failure leaves a doubt.
  void on_final_dot() noexcept { dot_begun_ = true; }
  /// The connection failed, or was given up. The transaction is done.
  void on_failure(const error&);
  /// The server spoke before the end of the message, which must not be taken for the answer to it. The
  /// connection must be closed; the transaction is done.
  void on_early_reply(const reply&);
  /// Leave to write the final dot was withheld; the connection must be closed. The transaction is done.
  void on_withheld(const error& why);

  /// The recipients that the server has accepted and nothing else has been decided about.
  std::vector<std::string> accepted() const;
  /// The connection must be reset before its next transaction.
  bool needs_reset() const noexcept { return open_; }
  /// The server said 421, or something that is not SMTP: the connection is of no further use.
  bool is_over() const noexcept { return over_; }
  /// The connection ended before the final dot, perhaps because it had been idle: another one may do better.
  bool may_be_stale() const noexcept { return stale_; }
  /// After `done`.
  const delivery& results() const noexcept { return results_; }

 private:
  struct command {
    smtp_step step;
    std::size_t recipient;
    std::string line;
  };
  enum class progress { waiting, accepted, decided };

  action refuse_all(const std::string& words);
  action next();
  void on_reset(const reply&);
  void on_sender(const reply&);
  void on_recipient(std::size_t, const reply&);
  action on_data(const reply&);
  action on_end(const reply&);
  void decide(std::size_t, delivery_status, smtp_step, std::string words);
  void decide_open(delivery_status, smtp_step, const std::string& words);
  void decide_by(std::size_t, smtp_step, const reply&);
  void decide_open_by(smtp_step, const reply&);
  void leave() noexcept;
  bool any_accepted() const noexcept;
  smtp_step step() const noexcept;

  const capabilities& offered_;
  const smtp_timeouts& timeouts_;
  const std::uint64_t message_bytes_;
  const bool needs_smtputf8_;
  std::vector<command> commands_;
  std::size_t replied_{0};
  bool sender_accepted_{false};
  /// All commands are answered; a reply to the message, or to its empty stand-in, is due.
  bool awaiting_end_{false};
  bool dot_begun_{false};
  bool open_{false};
  bool over_{false};
  bool stale_{false};
  std::vector<progress> progress_;
  delivery results_;
};

}  // namespace lastcall::mail
