#pragma once

#include <sys/resource.h>
#include <sys/types.h>

namespace lastcall::jobs {

/// A program to start. All is prepared by the caller, because nothing may be allocated between vfork and
/// exec.
struct spawn_plan {
  const char* path;          ///< of the executable; PATH is not searched
  char* const* arguments;    ///< ends with a null pointer
  char* const* environment;  ///< ends with a null pointer
  int input;                 ///< become 0, 1 and 2 of the program; none of them is below 3
  int output;
  int errors;
  const rlimit* descriptors{nullptr};  ///< the program's limit; null: this process's
};

struct spawned {
  pid_t id;     ///< negative: no child is left
  int problem;  ///< then the errno of what failed
};

/// Starts the program as the leader of a process group of its own, with default signal dispositions, no
/// signal blocked, and no other descriptors than 0, 1 and 2: Asio opens its sockets without close-on-exec. It
/// is killed (SIGKILL) when the thread that started it ends, and so with this process, whatever ends that:
/// once this process can't extend the lease any more, the message is given to another worker, and two at once
/// would be worse than one cut. (PR_SET_PDEATHSIG is the reason why this is not posix_spawn. It does not
/// reach the child's own children, and does not survive the exec of a set-user-ID program.) Returns once the
/// program runs or could not be started.
spawned spawn(const spawn_plan&) noexcept;

}  // namespace lastcall::jobs
