#include "jobs/spawn.hpp"

#include <cerrno>
#include <csignal>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lastcall::jobs {
namespace {

// The child shares this process's memory until it executes the program (vfork). What it runs until then is
// limited to system calls on prepared data: no allocation, no lock, no destructor.

void reset_signals() noexcept {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  // Also of ignored ones, which exec keeps: a program that expects SIGPIPE to end it must get it.
  for (int number = 1; number < NSIG; ++number)
    ::sigaction(number, &standard, nullptr);
}

bool dies_with(pid_t parent) noexcept {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (::getppid() == parent) return true;
  // The parent ended before the request took effect; nobody is left to be told.
  ::_exit(127);
}

bool take_streams(const spawn_plan& plan) noexcept {
  return ::dup2(plan.input, 0) == 0 && ::dup2(plan.output, 1) == 1 && ::dup2(plan.errors, 2) == 2 &&
         ::close_range(3, ~0U, 0) == 0;
}

bool limit_descriptors(const spawn_plan& plan) noexcept {
  return plan.descriptors == nullptr || ::setrlimit(RLIMIT_NOFILE, plan.descriptors) == 0;
}

bool unblock_signals() noexcept {
  sigset_t none;
  ::sigemptyset(&none);
  return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
}

[[noreturn]] void become(const spawn_plan& plan, pid_t parent, volatile int& problem) noexcept {
  // Signals come last: until then a handler of the parent would run here, on the parent's memory.
  if (::setpgid(0, 0) == 0 && dies_with(parent) && take_streams(plan) && limit_descriptors(plan)) {
    reset_signals();
    if (unblock_signals()) ::execve(plan.path, plan.arguments, plan.environment);
  }
  problem = errno;
  ::_exit(127);
}

}  // namespace

spawned spawn(const spawn_plan& plan) noexcept {
  const pid_t parent = ::getpid();
  volatile int problem = 0;

  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t id =
      ::vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork): posix_spawn can't do all of this
  if (id == 0) become(plan, parent, problem);
  const int fork_problem = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);

  if (id < 0) return {-1, fork_problem};
  if (problem == 0) return {id, 0};
  while (::waitpid(id, nullptr, 0) < 0 && errno == EINTR) {
  }
  return {-1, problem};
}

}  // namespace lastcall::jobs
