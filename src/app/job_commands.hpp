#pragma once

#include "app/command.hpp"
#include "app/shard.hpp"

#include <functional>
#include <vector>

namespace lastcall::app {

/// Runs a worker with the job that was chosen; returns the exit code.
using run_worker = std::function<int(const make_job&, console&, const environment&)>;

/// The words for JOB, each with its options; the chosen one calls `run`.
std::vector<command> job_commands(const run_worker& run);

}  // namespace lastcall::app
