#pragma once

#include "app/command.hpp"

#include <map>
#include <string>
#include <vector>

namespace lastcall::app {

/// What a command line says, not yet understood: which command, and the texts given for its options.
struct command_line {
  command_path path;
  std::map<std::string, std::vector<std::string>> given;  ///< by the option's name
  bool wants_help{false};
  bool wants_version{false};
};

/// Splits the arguments (without the program's name) along the tree of commands. Options of outer words may
/// also follow inner ones. What follows "--" goes to the chosen command's `rest`. Throws `refusal` with
/// exit_usage for what is unknown, superfluous or incomplete, and says what was probably meant.
command_line parse_command_line(const command& program, const std::vector<std::string>& arguments);

}  // namespace lastcall::app
