#include "app/console.hpp"

#include "app/exit_code.hpp"

#include <cerrno>
#include <cstring>

namespace lastcall::app {

void console::answer(const std::string& text) const {
  errno = 0;
  if (out.write(text, std::chrono::hours(24))) return;
  const int why = errno;
  const bool nobody_reads = why == 0 || why == EPIPE || why == EBADF;
  if (!nobody_reads)
    throw refusal(exit_system, std::string("standard output can't be written: ") + std::strerror(why));
}

}  // namespace lastcall::app
