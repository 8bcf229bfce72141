#pragma once

#include "base/error.hpp"

#include <lastcall/message.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::jobs {

/// What a command is told about its message, as "NAME=value"; src/jobs/README.md lists the names.
/// An error where a value can't be an environment variable: it holds a NUL byte, or is longer than Linux
/// allows.
result<std::vector<std::string>> message_environment(const message&, const std::string& queue_name);

/// What a command is told about its checkpoint, as "NAME=value": the file to write, and the cursor that is
/// kept, where there is one and it can be a variable.
std::vector<std::string> checkpoint_environment(const std::string& file, const std::string& cursor);

/// Whether it is one of the variables above: a command that runs lastcall hands them on.
bool is_set_for_commands(std::string_view name) noexcept;

/// This process's own environment without the variables that begin with LASTCALL_: they are the worker's
/// options, which may hold secrets, and would be taken for options by a lastcall that the command runs.
std::vector<std::string> inherited_environment(const char* const* environment);

}  // namespace lastcall::jobs
