#pragma once

#include "app/job_commands.hpp"
#include "jobs/email.hpp"
#include "mail/ledger.hpp"

#include <memory>

namespace lastcall::app {

/// The word `email` for JOB.
command email_command(const run_worker& run);

/// The email job of shards that share a ledger.
make_job email_job_maker(jobs::email_options, std::shared_ptr<mail::ledger>);

}  // namespace lastcall::app
