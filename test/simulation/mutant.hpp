#pragma once

namespace lastcall::simulation {

/// Which mutation of the worker is on; 0: none. Only in lastcall_mutants (mutations.py).
inline int mutant = 0;
inline bool is_mutant(int number) noexcept { return mutant == number; }

}  // namespace lastcall::simulation
