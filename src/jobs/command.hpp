#pragma once

#include "base/error.hpp"

#include <string>

namespace lastcall::jobs {

/// Where the executable of a command is: the name itself where it holds a '/', else the first one in the
/// folders of `search_path`, which has the form of PATH. An error that says what is wrong where nothing can
/// be executed.
result<std::string> find_command(const std::string& name, const std::string& search_path);

}  // namespace lastcall::jobs
