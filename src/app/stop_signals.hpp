#pragma once

namespace lastcall::app {

/// Lets SIGTERM, SIGINT and SIGUSR1 wait, on the calling thread and those that it starts from then on: while nobody
/// is there yet to act on them, and when the exit code has been told and the process is about to end with it.
void hold_stop_signals() noexcept;

/// Lets SIGTERM and SIGINT in, those that wait first: someone catches them. Whoever started this process may have
/// handed them on blocked, and a worker that can't be told to stop is killed.
void admit_stop_signals() noexcept;

/// The same for SIGUSR1, whose default is to end the process: only a worker catches it.
void admit_quiet_signal() noexcept;

}  // namespace lastcall::app
