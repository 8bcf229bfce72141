#include "app/stop_signals.hpp"

#include <csignal>
#include <initializer_list>

namespace lastcall::app {
namespace {

void mask(int how, std::initializer_list<int> numbers) noexcept {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : numbers)
    sigaddset(&signals, number);
  pthread_sigmask(how, &signals, nullptr);
}

}  // namespace

void hold_stop_signals() noexcept { mask(SIG_BLOCK, {SIGTERM, SIGINT, SIGUSR1}); }
void admit_stop_signals() noexcept { mask(SIG_UNBLOCK, {SIGTERM, SIGINT}); }
void admit_quiet_signal() noexcept { mask(SIG_UNBLOCK, {SIGUSR1}); }

}  // namespace lastcall::app
