#pragma once

namespace lastcall::app {

/// Lets SIGTERM, SIGINT and SIGUSR1 in on the calling thread, and on those that it starts from then on: who
/// started this process may have handed them on blocked, and a worker that can't be told to stop is killed.
void admit_stop_signals() noexcept;

/// Lets them wait from then on: for a process that has told its exit code, and is about to end with it.
void hold_stop_signals() noexcept;

}  // namespace lastcall::app
