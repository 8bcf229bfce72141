#pragma once

#include "app/console.hpp"
#include "app/environment.hpp"
#include "app/program.hpp"

#include <functional>
#include <string>
#include <vector>

namespace lastcall::app {

/// The whole program: understands the arguments (without the program's name), runs the command, returns the
/// exit code. Nothing is read from the process but what is passed here; `work`, `demo` and `serve` catch
/// SIGTERM and SIGINT.
int run_cli(const std::vector<std::string>& arguments, const environment&, console&);

/// Makes the tree of a program's commands; the settings outlive it.
using make_root = std::function<command(common_settings&)>;
/// The same for a program with another tree.
int run_cli(const make_root&, const std::vector<std::string>& arguments, const environment&, console&);
/// What `main` does: the process's arguments, environment and output. Holds SIGTERM, SIGINT and SIGUSR1 until the
/// command catches them; ignores SIGPIPE, and at the end SIGTERM and SIGINT.
int run_process(const make_root&, int count, char** arguments);

}  // namespace lastcall::app
