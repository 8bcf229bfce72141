#include "mail/catcher_session.hpp"

#include "base/encoding.hpp"
#include "mail/ascii.hpp"

#include <charconv>
#include <optional>

namespace lastcall::mail {
namespace {

using action = catcher_session::action;
using next = catcher_session::next;

action say(std::string reply, next then = next::line) { return {std::move(reply += "\r\n"), then}; }

/// `<address>` at the front of the text, which is taken off; none if there is no such thing.
std::optional<std::string> take_path(std::string_view& text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  if (!text.starts_with('<')) return std::nullopt;
  bool is_quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (text[i] == '>' && !is_quoted) {
      std::string path(text.substr(1, i - 1));
      text.remove_prefix(i + 1);
      return has_control(path) ? std::nullopt : std::optional(std::move(path));
    }
  }
  return std::nullopt;
}

/// The number of the parameter SIZE (RFC 1870), 0 if there is none.
std::size_t size_of(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    while (parameters.starts_with(' '))
      parameters.remove_prefix(1);
    const std::string_view one = parameters.substr(0, parameters.find(' '));
    parameters.remove_prefix(one.size());
    if (!starts_ignoring_case(one, "SIZE=")) continue;
    std::size_t bytes = 0;
    std::from_chars(one.data() + 5, one.data() + one.size(), bytes);
    return bytes;
  }
  return 0;
}

}  // namespace

action catcher_session::greet() const { return say("220 " + rules_.host + " ESMTP lastcall mail catcher"); }

action catcher_session::on_line(std::string_view line) {
  if (auth_ != auth_state::none) return on_auth_line(line);
  const std::string_view verb = line.substr(0, line.find(' '));
  const std::string_view arguments = line.substr(std::min(verb.size() + 1, line.size()));
  const auto is = [&](std::string_view name) { return equal_ignoring_case(verb, name); };
  if (is("EHLO") || is("HELO")) return hello(arguments, is("EHLO"));
  if (is("QUIT")) return say("221 2.0.0 Bye", next::close);
  if (is("NOOP")) return say("250 2.0.0 Ok");
  if (is("STARTTLS")) return start_tls(arguments);
  if (is("AUTH")) return auth(arguments);
  if (is("RSET")) {
    reset();
    return say("250 2.0.0 Ok");
  }
  if (is("VRFY")) return say("252 2.0.0 Send it and see");
  if (starts_ignoring_case(line, "MAIL FROM:")) return mail_from(line.substr(10));
  if (starts_ignoring_case(line, "RCPT TO:")) return rcpt_to(line.substr(8));
  if (is("DATA")) return data();
  return say("500 5.5.2 Unknown command");
}

void catcher_session::on_tls() noexcept {
  is_encrypted_ = true;
  mail_.helo.clear();
  reset();
}

caught_mail catcher_session::take_mail() {
  caught_mail taken = mail_;
  reset();
  return taken;
}

action catcher_session::hello(std::string_view name, bool extended) {
  if (name.empty()) return say("501 5.5.4 Say who you are");
  reset();
  mail_.helo = printable(name, 255);
  if (!extended) return say("250 " + rules_.host);
  std::string reply = "250-" + rules_.host +
                      "\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n";
  if (rules_.offers_tls && !is_encrypted_) reply += "250-STARTTLS\r\n";
  if (offers_auth()) reply += "250-AUTH PLAIN LOGIN\r\n";
  return say(reply + "250 SIZE " + std::to_string(rules_.max_message_bytes));
}

action catcher_session::mail_from(std::string_view arguments) {
  if (mail_.helo.empty()) return say("503 5.5.1 EHLO first");
  if (!rules_.user.empty() && !is_authenticated_) return say("530 5.7.0 Authentication required");
  if (has_sender_) return say("503 5.5.1 One MAIL at a time");
  auto path = take_path(arguments);
  if (!path) return say("501 5.1.7 A sender looks like <ada@example.com>");
  if (size_of(arguments) > rules_.max_message_bytes) return say("552 5.3.4 The message is too large");
  mail_.sender = std::move(*path);
  has_sender_ = true;
  return say("250 2.1.0 Ok");
}

action catcher_session::rcpt_to(std::string_view arguments) {
  if (!has_sender_) return say("503 5.5.1 MAIL first");
  auto path = take_path(arguments);
  if (!path || path->empty()) return say("501 5.1.3 A recipient looks like <ada@example.com>");
  if (mail_.recipients.size() >= rules_.max_recipients) return say("452 4.5.3 Too many recipients");
  if (rules_.answer_recipient)
    if (std::string answer = rules_.answer_recipient(*path); !answer.empty()) return say(std::move(answer));
  mail_.recipients.push_back(std::move(*path));
  return say("250 2.1.5 Ok");
}

action catcher_session::data() {
  if (!has_sender_) return say("503 5.5.1 MAIL first");
  if (mail_.recipients.empty()) return say("554 5.5.1 No valid recipients");
  return say("354 End with a dot on a line of its own", next::message);
}

action catcher_session::start_tls(std::string_view arguments) {
  if (!rules_.offers_tls || is_encrypted_) return say("502 5.5.1 Not offered");
  if (!arguments.empty()) return say("501 5.5.4 STARTTLS takes no argument");
  return say("220 2.0.0 Go ahead", next::tls);
}

action catcher_session::auth(std::string_view arguments) {
  if (!offers_auth()) return say("502 5.5.1 Not offered");
  if (is_authenticated_ || has_sender_) return say("503 5.5.1 Not now");
  const std::string_view mechanism = arguments.substr(0, arguments.find(' '));
  const std::string_view initial = arguments.substr(std::min(mechanism.size() + 1, arguments.size()));
  if (equal_ignoring_case(mechanism, "PLAIN")) {
    auth_ = auth_state::plain;
    return initial.empty() ? say("334 ") : on_auth_line(initial);
  }
  if (equal_ignoring_case(mechanism, "LOGIN")) {
    auth_ = auth_state::user;
    return initial.empty() ? say("334 " + to_base64("Username:")) : on_auth_line(initial);
  }
  return say("504 5.5.4 Unknown mechanism");
}

action catcher_session::on_auth_line(std::string_view line) {
  const auto text = from_base64(line);
  const auth_state asked = std::exchange(auth_, auth_state::none);
  if (line == "*" || !text) return say("501 5.7.0 Cancelled");
  if (asked == auth_state::user) {
    auth_user_ = *text;
    auth_ = auth_state::password;
    return say("334 " + to_base64("Password:"));
  }
  if (asked == auth_state::password) return check_credentials(auth_user_, *text);
  const std::string_view message = *text;  // [authorize-id] NUL user NUL password (RFC 4616 §2)
  const std::size_t first = message.find('\0');
  const std::size_t second = first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (second == std::string_view::npos) return say("501 5.5.2 Not a PLAIN message");
  return check_credentials(message.substr(first + 1, second - first - 1), message.substr(second + 1));
}

action catcher_session::check_credentials(std::string_view user, std::string_view password) {
  is_authenticated_ = user == rules_.user && password == rules_.password;
  return say(is_authenticated_ ? "235 2.7.0 Welcome" : "535 5.7.8 Wrong user or password");
}

void catcher_session::reset() noexcept {
  has_sender_ = false;
  mail_.sender.clear();
  mail_.recipients.clear();
}

bool catcher_session::offers_auth() const noexcept {
  return !rules_.user.empty() && (is_encrypted_ || !rules_.offers_tls);
}

}  // namespace lastcall::mail
