#pragma once

#include "app/command_line.hpp"
#include "app/environment.hpp"

#include <string>
#include <vector>

namespace lastcall::app {

/// Gives every option of the chosen command its value: from the command line, else from the environment
/// (LASTCALL_<NAME>), else from the file named by `config_file` (--config); of a file, the table of the
/// innermost word first ([exec]), then those of outer words ([work]), then the top level. Throws `refusal`:
/// exit_usage for a value of the command line that is not acceptable, exit_config for one of the environment
/// or the file, and for unknown keys of the file. Returns warnings: variables that look like a misspelled
/// option.
std::vector<std::string> configure(const command_line&, const environment&);

}  // namespace lastcall::app
