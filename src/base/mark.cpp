#include "base/mark.hpp"

// The linker names the ends of a section whose name is an identifier; weak, for a program may have no marks.
extern "C" {
[[gnu::weak]] extern const lastcall::mark __start_lastcall_marks[];
[[gnu::weak]] extern const lastcall::mark __stop_lastcall_marks[];
}

namespace lastcall {

std::span<const mark> mark::all() noexcept { return {__start_lastcall_marks, __stop_lastcall_marks}; }

}  // namespace lastcall
