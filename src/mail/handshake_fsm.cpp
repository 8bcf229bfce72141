#include "mail/handshake_fsm.hpp"

#include "base/encoding.hpp"
#include "base/url.hpp"

namespace lastcall::mail {

handshake_fsm::handshake_fsm(const smtp_server& server, std::string ehlo_name, const smtp_timeouts& timeouts)
    : server_(server),
      ehlo_name_(std::move(ehlo_name)),
      timeouts_(timeouts),
      encrypted_(server.tls == tls_use::implicit) {}

handshake_fsm::action handshake_fsm::start() { return {action::kind::read, {}, timeouts_.greeting}; }

handshake_fsm::action handshake_fsm::on_reply(const reply& r) {
  switch (state_) {
    case state::greeting:
      return r.is_positive() ? say(state::hello, "EHLO " + ehlo_name_) : fail(r);
    case state::hello:
      return after_hello(r);
    case state::helo:
      return r.is_positive() ? action{action::kind::done, {}, {}} : fail(r);
    case state::starttls:
      if (r.is_positive()) return {action::kind::start_tls, {}, timeouts_.command};
      if (server_.tls == tls_use::required) return fail(r);
      return authenticate();
    case state::auth:
      return after_auth(r);
  }
  return fail(r);
}

/// What was offered before TLS may be an attacker's: the server is asked again (RFC 3207 §4.2).
handshake_fsm::action handshake_fsm::on_tls() {
  encrypted_ = true;
  return say(state::hello, "EHLO " + ehlo_name_);
}

handshake_fsm::action handshake_fsm::say(state next, std::string line) {
  state_ = next;
  return {action::kind::write, std::move(line += "\r\n"), timeouts_.command};
}

handshake_fsm::action handshake_fsm::after_hello(const reply& r) {
  if (r.is_positive()) {
    offered_ = parse_capabilities(r);
    return encrypt_or_authenticate();
  }
  const bool plain_will_do = !encrypted_ && server_.tls != tls_use::required && server_.user.empty();
  if (r.is_permanent() && plain_will_do) return say(state::helo, "HELO " + ehlo_name_);
  return fail(r);
}

handshake_fsm::action handshake_fsm::encrypt_or_authenticate() {
  if (!encrypted_ && server_.tls != tls_use::never) {
    if (offered_.starttls) return say(state::starttls, "STARTTLS");
    if (server_.tls == tls_use::required)
      return fail(error_kind::tls, "", "the server offers no STARTTLS, which starttls=required demands");
  }
  return authenticate();
}

handshake_fsm::action handshake_fsm::authenticate() {
  if (server_.user.empty()) return {action::kind::done, {}, {}};
  if (!encrypted_ && !server_.is_loopback() && !server_.plaintext_auth)
    return fail(
        error_kind::tls, "",
        "the connection is not encrypted, and user and password are not sent in the clear: use smtps:// or "
        "STARTTLS, or allow it with plaintext_auth=yes");
  if (offered_.auth_plain) {
    const std::string message = '\0' + server_.user + '\0' + server_.password;
    return say(state::auth, "AUTH PLAIN " + to_base64(message));
  }
  if (offered_.auth_login) {
    answers_ = {to_base64(server_.password), to_base64(server_.user)};
    return say(state::auth, "AUTH LOGIN");
  }
  return fail(
      error_kind::invalid, "",
      "the server offers neither AUTH PLAIN nor AUTH LOGIN; leave out user and password if it needs none");
}

handshake_fsm::action handshake_fsm::after_auth(const reply& r) {
  if (r.is_positive()) return {action::kind::done, {}, {}};
  if (!r.is_intermediate()) return fail(r);
  if (answers_.empty())
    return fail(error_kind::protocol, "", "the server asks for more than AUTH has to say");
  std::string answer = std::move(answers_.back());
  answers_.pop_back();
  return say(state::auth, std::move(answer));
}

handshake_fsm::action handshake_fsm::fail(error_kind kind, std::string code, std::string message) {
  problem_ = {kind, std::move(code), authority(server_.host, server_.port) + ": " + std::move(message)};
  return {action::kind::failed, {}, {}};
}

handshake_fsm::action handshake_fsm::fail(const reply& r) {
  const bool is_refusal = r.is_transient() || r.is_permanent();
  return fail(is_refusal ? error_kind::service : error_kind::protocol, std::to_string(r.code),
              r.words() + " (in reply to " + std::string(name_of(step())) + ")");
}

smtp_step handshake_fsm::step() const noexcept {
  switch (state_) {
    case state::greeting:
      return smtp_step::greeting;
    case state::hello:
    case state::helo:
      return smtp_step::hello;
    case state::starttls:
      return smtp_step::starttls;
    case state::auth:
      return smtp_step::auth;
  }
  return smtp_step::connect;
}

}  // namespace lastcall::mail
