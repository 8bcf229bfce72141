#include "mail/transaction_fsm.hpp"

#include "base/encoding.hpp"
#include "mail/ascii.hpp"

#include <algorithm>
#include <cassert>

namespace lastcall::mail {
namespace {

delivery_status status_of(const reply& r) noexcept {
  return r.is_permanent()   ? delivery_status::refused
         : r.is_transient() ? delivery_status::later
                            : delivery_status::not_sent;
}

}  // namespace

transaction_fsm::transaction_fsm(const envelope& envelope, const capabilities& offered,
                                 std::uint64_t message_bytes, const smtp_timeouts& timeouts, bool reset)
    : offered_(offered),
      timeouts_(timeouts),
      message_bytes_(message_bytes),
      needs_smtputf8_(envelope.needs_smtputf8),
      open_(reset),
      progress_(envelope.recipients.size(), progress::waiting) {
  assert(!envelope.recipients.empty());
  if (reset) commands_.push_back({smtp_step::reset, 0, "RSET\r\n"});
  std::string sender = "MAIL FROM:<" + envelope.sender + ">";
  if (offered.size) sender += " SIZE=" + std::to_string(message_bytes);
  if (envelope.needs_smtputf8) sender += " SMTPUTF8";
  commands_.push_back({smtp_step::sender, 0, sender + "\r\n"});
  for (const std::string& recipient : envelope.recipients) {
    commands_.push_back({smtp_step::recipient, results_.size(), "RCPT TO:<" + recipient + ">\r\n"});
    results_.push_back({recipient, delivery_status::not_sent, smtp_step::connect, {}});
  }
  commands_.push_back({smtp_step::data, 0, "DATA\r\n"});
}

transaction_fsm::action transaction_fsm::start() {
  for (const command& c : commands_)
    if (has_control(std::string_view(c.line).substr(0, c.line.size() - 2)))
      return refuse_all("an address holds a line break or another control character");
  if (needs_smtputf8_ && !offered_.smtputf8)
    return refuse_all(
        "an address is beyond ASCII, and the server does not offer SMTPUTF8; a domain can be written in "
        "its ASCII form (xn--…)");
  if (offered_.max_size_bytes && message_bytes_ > *offered_.max_size_bytes)
    return refuse_all("the message has " + std::to_string(message_bytes_) +
                      " bytes, and the server takes at most " + std::to_string(*offered_.max_size_bytes));
  if (!offered_.pipelining) return next();
  std::string all;
  for (const command& c : commands_)
    all += c.line;
  return {action::kind::write, std::move(all), timeouts_.command};
}

transaction_fsm::action transaction_fsm::on_reply(const reply& r) {
  if (awaiting_end_) return on_end(r);
  const command& c = commands_[replied_++];
  switch (c.step) {
    case smtp_step::reset:
      on_reset(r);
      break;
    case smtp_step::sender:
      on_sender(r);
      break;
    case smtp_step::recipient:
      on_recipient(c.recipient, r);
      break;
    default:
      return on_data(r);
  }
  if (r.code == 421) leave();  // RFC 5321 §3.8: the server closes, whatever the command was
  if (!over_) return next();
  decide_open_by(c.step, r);
  return {action::kind::done, {}, {}};
}

void transaction_fsm::on_failure(const error& e) {
  if (dot_begun_) {
    over_ = true;
    decide_open(delivery_status::in_doubt, smtp_step::content, e.message);
  } else {
    leave();
    decide_open(delivery_status::not_sent, step(), e.message);
  }
}

void transaction_fsm::on_withheld(const error& why) {
  assert(!dot_begun_);
  over_ = true;
  decide_open(delivery_status::not_sent, smtp_step::content, why.message);
}

void transaction_fsm::on_early_reply(const reply& r) {
  assert(!dot_begun_);
  over_ = true;
  if (r.is_transient() || r.is_permanent())
    decide_open_by(smtp_step::data, r);
  else
    decide_open(delivery_status::not_sent, smtp_step::data, "unasked, the server said " + r.words());
}

std::vector<std::string> transaction_fsm::accepted() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < results_.size(); ++i)
    if (progress_[i] == progress::accepted) out.push_back(results_[i].address);
  return out;
}

transaction_fsm::action transaction_fsm::refuse_all(const std::string& words) {
  decide_open(delivery_status::refused, smtp_step::sender, words);
  return {action::kind::done, {}, {}};
}

/// What follows a reply to a command before DATA.
transaction_fsm::action transaction_fsm::next() {
  const bool is_data = commands_[replied_].step == smtp_step::data;
  const auto timeout = is_data ? timeouts_.data : timeouts_.command;
  if (offered_.pipelining) return {action::kind::read, {}, timeout};
  const bool is_pointless =
      commands_[replied_].step == smtp_step::recipient ? !sender_accepted_ : is_data && !any_accepted();
  if (is_pointless) return {action::kind::done, {}, {}};
  return {action::kind::write, commands_[replied_].line, timeout};
}

void transaction_fsm::on_reset(const reply& r) {
  open_ = false;
  if (!r.is_positive()) leave();
}

void transaction_fsm::on_sender(const reply& r) {
  sender_accepted_ = r.is_positive();
  open_ = sender_accepted_;
  if (!sender_accepted_) decide_open_by(smtp_step::sender, r);
}

void transaction_fsm::on_recipient(std::size_t i, const reply& r) {
  if (progress_[i] == progress::decided) return;  // with MAIL: this reply only says so again
  if (r.is_positive())
    progress_[i] = progress::accepted;
  else
    decide_by(i, smtp_step::recipient, r);
}

transaction_fsm::action transaction_fsm::on_data(const reply& r) {
  if (r.is_intermediate()) {
    awaiting_end_ = true;
    if (any_accepted()) return {action::kind::write_message, {}, timeouts_.final_reply};
    // A pipelined DATA may be accepted though no recipient was: an empty message ends it (RFC 2920 §3.1).
    return {action::kind::write, ".\r\n", timeouts_.final_reply};
  }
  if (r.code == 421) leave();
  decide_open_by(smtp_step::data, r);
  return {action::kind::done, {}, {}};
}

transaction_fsm::action transaction_fsm::on_end(const reply& r) {
  open_ = false;
  over_ = over_ || r.code == 421;
  if (r.is_positive())
    decide_open(delivery_status::sent, smtp_step::content, r.words());
  else if (r.is_intermediate())
    on_failure({error_kind::protocol, "", "the server answered the end of the message with " + r.words()});
  else
    decide_open_by(smtp_step::content, r);
  return {action::kind::done, {}, {}};
}

void transaction_fsm::decide(std::size_t i, delivery_status status, smtp_step step, std::string words) {
  progress_[i] = progress::decided;
  results_[i].status = status;
  results_[i].step = step;
  results_[i].words = printable(words);
}

/// Decides what nothing else has decided yet.
void transaction_fsm::decide_open(delivery_status status, smtp_step step, const std::string& words) {
  for (std::size_t i = 0; i < results_.size(); ++i)
    if (progress_[i] != progress::decided) decide(i, status, step, words);
}

void transaction_fsm::decide_by(std::size_t i, smtp_step step, const reply& r) {
  const delivery_status status = status_of(r);
  if (status == delivery_status::not_sent) over_ = true;  // a reply that has no place here
  decide(i, status, step, r.words());
}

void transaction_fsm::decide_open_by(smtp_step step, const reply& r) {
  for (std::size_t i = 0; i < results_.size(); ++i)
    if (progress_[i] != progress::decided) decide_by(i, step, r);
}

/// The connection ended before anything was sent: it may have been stale.
void transaction_fsm::leave() noexcept {
  over_ = true;
  stale_ = true;
}

bool transaction_fsm::any_accepted() const noexcept {
  return std::find(progress_.begin(), progress_.end(), progress::accepted) != progress_.end();
}

smtp_step transaction_fsm::step() const noexcept {
  return awaiting_end_ ? smtp_step::content : commands_[std::min(replied_, commands_.size() - 1)].step;
}

}  // namespace lastcall::mail
