#include "app/stop_signals.hpp"

#include <csignal>

namespace lastcall::app {
namespace {

void mask(int how) noexcept {
  sigset_t ours;
  sigemptyset(&ours);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1})
    sigaddset(&ours, number);
  pthread_sigmask(how, &ours, nullptr);
}

}  // namespace

void admit_stop_signals() noexcept { mask(SIG_UNBLOCK); }
void hold_stop_signals() noexcept { mask(SIG_BLOCK); }

}  // namespace lastcall::app
