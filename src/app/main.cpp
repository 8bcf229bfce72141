#include "app/cli.hpp"

#include <csignal>

int main(int count, char** arguments) {
  using namespace lastcall::app;
  // A reader of our output that goes away must not take the worker with it.
  std::signal(SIGPIPE, SIG_IGN);
  const environment env = process_environment();
  const std::string terminal = value_of(env, "TERM");
  const bool may_draw = !terminal.empty() && terminal != "dumb";
  output out(1, may_draw);
  output err(2, may_draw);
  console streams{0, out, err};
  const int exit = run_cli({arguments + (count > 0 ? 1 : 0), arguments + count}, env, streams);
  // All is settled and told: a signal that comes now must not change the exit code.
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  return exit;
}
