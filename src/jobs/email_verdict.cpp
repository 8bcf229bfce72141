#include "jobs/email_verdict.hpp"

#include "base/encoding.hpp"

#include <algorithm>

namespace lastcall::jobs {
namespace {

using mail::delivery_status;
using mail::ledger_state;
using mail::recipient_result;

constexpr std::size_t most_named = 3;

/// A page's entry, as if it had just happened.
recipient_result from_record(const std::string& address, const mail::ledger_page& page) {
  recipient_result r{address, delivery_status::not_sent, mail::smtp_step::connect, {}};
  const auto entry = page.entries.find(address);
  if (entry == page.entries.end()) return r;
  r.words = entry->second.words;
  switch (entry->second.state) {
    case ledger_state::unsent:
      r.words.clear();
      break;
    case ledger_state::sending:
      r.words = "another worker is sending it right now";
      break;
    case ledger_state::in_doubt:
      r.status = delivery_status::in_doubt;
      break;
    case ledger_state::sent:
      r.status = delivery_status::sent;
      break;
    case ledger_state::refused:
      r.status = delivery_status::refused;
      break;
  }
  return r;
}

/// Only what the server said of a recipient or of the message stays true: a refused sender, or missing TLS,
/// may be mended before the next attempt.
bool is_final(const recipient_result& r) {
  return r.status == delivery_status::refused &&
         (r.step == mail::smtp_step::recipient || r.step == mail::smtp_step::data ||
          r.step == mail::smtp_step::content);
}

bool is_bad(const recipient_result& r, bool resend) {
  return r.status == delivery_status::refused || (r.status == delivery_status::in_doubt && !resend);
}

/// "bob@example.org: 550 5.1.1 No such user (in reply to RCPT TO); 2 more; 5 of 8 sent".
template <class Matters>
std::string describe(const mail::delivery& results, Matters matters) {
  std::string text;
  std::size_t named = 0;
  std::size_t more = 0;
  for (const recipient_result& r : results) {
    if (!matters(r)) continue;
    if (named++ >= most_named) {
      ++more;
      continue;
    }
    if (!text.empty()) text += "; ";
    text += printable(r.address, 100) + ": " + (r.words.empty() ? "not tried" : r.words);
    if (r.status == delivery_status::in_doubt) text += " (sent or not, no one knows)";
  }
  if (more != 0) text += "; " + std::to_string(more) + " more";
  const auto sent = std::count_if(results.begin(), results.end(), [](const recipient_result& r) {
    return r.status == delivery_status::sent;
  });
  if (sent != 0) text += "; " + std::to_string(sent) + " of " + std::to_string(results.size()) + " sent";
  return text;
}

}  // namespace

email_progress recall(const std::vector<std::string>& recipients, const mail::ledger_page& page,
                      bool resend) {
  email_progress out;
  for (const std::string& address : recipients) {
    out.results.push_back(from_record(address, page));
    const ledger_state state = page.state_of(address);
    if (state == ledger_state::unsent || (state == ledger_state::in_doubt && resend))
      out.due.push_back(out.results.size() - 1);
  }
  return out;
}

std::map<std::string, mail::ledger_entry> to_record(const mail::delivery& attempt,
                                                    const std::vector<std::string>& claimed) {
  std::map<std::string, mail::ledger_entry> out;
  for (const std::string& address : claimed)
    out[address].state = ledger_state::unsent;
  for (const recipient_result& r : attempt) {
    if (r.status == delivery_status::sent) out[r.address] = {ledger_state::sent, r.words};
    if (r.status == delivery_status::in_doubt) out[r.address] = {ledger_state::in_doubt, r.words};
    if (is_final(r)) out[r.address] = {ledger_state::refused, r.words};
  }
  return out;
}

outcome judge(const mail::delivery& results, stop_reason told, bool resend) {
  const auto is_sent = [](const recipient_result& r) { return r.status == delivery_status::sent; };
  const auto is_open = [&](const recipient_result& r) { return !is_sent(r) && !is_bad(r, resend); };
  const auto is_over = [&](const recipient_result& r) { return is_bad(r, resend); };
  if (std::all_of(results.begin(), results.end(), is_sent)) return outcome::done();
  if (std::none_of(results.begin(), results.end(), is_open))
    return outcome::failed(describe(results, is_over));
  const std::string reason = describe(results, is_open);
  if (told == stop_reason::none) return outcome::retry(reason);
  if (told == stop_reason::time_limit) return outcome::retry("over its time limit: " + reason);
  return outcome::stopped(reason);
}

}  // namespace lastcall::jobs
