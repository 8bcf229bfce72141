#include "app/cli.hpp"

#include <csignal>

int main(int count, char** arguments) {
  // A reader of our output that goes away must not take the worker with it.
  std::signal(SIGPIPE, SIG_IGN);
  lastcall::app::output out(1);
  lastcall::app::output err(2);
  lastcall::app::console console{0, out, err};
  const int exit = lastcall::app::run_cli({arguments + (count > 0 ? 1 : 0), arguments + count},
                                          lastcall::app::process_environment(), console);
  // All is settled and told: a signal that comes now must not change the exit code.
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  return exit;
}
