#pragma once

namespace lastcall::simulation {

/// While it lives, a call of the C library for the time, a sleep, a socket or a thread ends the program: a
/// run is decided by its seed alone. Not in programs with sanitizers, whose own calls would be caught.
class without_the_machine {
 public:
  without_the_machine() noexcept;
  ~without_the_machine();
  without_the_machine(const without_the_machine&) = delete;
  without_the_machine& operator=(const without_the_machine&) = delete;
  /// Whether calls are watched in this program.
  static bool is_effective() noexcept;
};

}  // namespace lastcall::simulation
