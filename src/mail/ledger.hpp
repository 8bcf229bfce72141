#pragma once

#include "base/error.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::mail {

/// What is on record of a job's message for one recipient.
///
///     unsent ──claim──▶ sending ──settle──▶ sent | refused | in_doubt | unsent
///        ▲                 │ its owner is gone: in_doubt
///        └── in_doubt ◀────┘      in_doubt ──claim──▶ sending
enum class ledger_state {
  unsent,    ///< nothing was sent, as far as is known
  sending,   ///< a living owner of the ledger is at the final dot right now
  in_doubt,  ///< the final dot may have been sent, and what the server said is not known
  sent,      ///< never again
  refused    ///< by the server, for good
};

std::string_view name_of(ledger_state) noexcept;

struct ledger_entry {
  ledger_state state{ledger_state::unsent};
  std::string words;  ///< of the server, with its last answer
};

/// A job's page: its date, and its recipients as far as anything is known of them.
struct ledger_page {
  std::chrono::system_clock::time_point date;
  std::map<std::string, ledger_entry> entries;

  /// Of a recipient; `unsent` if there is no entry.
  ledger_state state_of(const std::string& recipient) const;
};

/// Remembers, for each job and recipient, what was sent, so that a message goes out once (promise 8): `claim`
/// is on record before the final dot, and the answer after it. What a crash leaves as `sending` is in doubt.
///
/// May be used from several strands, and by several handlers, at once; operations on one job are atomic. An
/// operation runs to its end even when the coroutine that awaits it is cancelled. Errors are
/// `error_kind::io`.
class ledger {
 public:
  virtual ~ledger() = default;
  /// The job's page; begun, with `now` as its date, if there is none. The date stays what it was at the first
  /// call, so that every attempt builds the same message.
  virtual boost::asio::awaitable<result<ledger_page>> open(std::string job,
                                                           std::chrono::system_clock::time_point now) = 0;
  /// Puts `sending` on record for all of these recipients, or for none: false if one of them is not unsent or
  /// in doubt, for then another worker has been faster.
  virtual boost::asio::awaitable<result<bool>> claim(std::string job,
                                                     std::vector<std::string> recipients) = 0;
  /// Puts the outcome of each of these recipients on record; what is `sent` stays so.
  virtual boost::asio::awaitable<result<void>> settle(std::string job,
                                                      std::map<std::string, ledger_entry> outcomes) = 0;
};

}  // namespace lastcall::mail
