#pragma once

#include "mail/delivery.hpp"
#include "mail/ledger.hpp"

#include <lastcall/job.hpp>
#include <map>
#include <string>
#include <vector>

namespace lastcall::jobs {

/// What an attempt begins with: the result of each recipient as the ledger has it. Those that are still to be
/// sent have no words.
struct email_progress {
  mail::delivery results;        ///< of all recipients, in their order
  std::vector<std::size_t> due;  ///< which of them are to be sent now
};

/// `resend`: those in doubt are to be sent again.
email_progress recall(const std::vector<std::string>& recipients, const mail::ledger_page&, bool resend);

/// What is put on record of an attempt: nothing of what the server has not decided, except that a claim ends.
std::map<std::string, mail::ledger_entry> to_record(const mail::delivery& attempt,
                                                    const std::vector<std::string>& claimed);

/// What becomes of the job. One rule for mixed results, from the strongest down: all sent is done; told to
/// stop before the end is stopped; someone who may be sent to again is retry; someone refused, or in doubt
/// and not to be sent again, is failed. The reason names recipients with the server's words.
outcome judge(const mail::delivery& results, stop_reason told, bool resend);

}  // namespace lastcall::jobs
