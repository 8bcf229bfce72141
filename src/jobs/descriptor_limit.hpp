#pragma once

#include <sys/resource.h>

namespace lastcall::jobs {

/// Lets this process open as many descriptors as it may. The soft limit is 1,024 nearly everywhere, for programs
/// that use select(2); a few hundred jobs at once need more, and one that can't be started has used up one of its
/// message's receives. To be called once, before there are other threads.
void raise_descriptor_limit() noexcept;

/// What this process was started with, for the programs that it starts; null: nothing was raised.
const rlimit* inherited_descriptor_limit() noexcept;

}  // namespace lastcall::jobs
