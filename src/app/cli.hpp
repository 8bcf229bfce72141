#pragma once

#include "app/console.hpp"
#include "app/environment.hpp"

#include <string>
#include <vector>

namespace lastcall::app {

/// The whole program: understands the arguments (without the program's name), runs the command, returns the
/// exit code. Nothing is read from the process but what is passed here; `work`, `demo` and `serve` catch
/// SIGTERM and SIGINT.
int run_cli(const std::vector<std::string>& arguments, const environment&, console&);

}  // namespace lastcall::app
