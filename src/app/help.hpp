#pragma once

#include "app/command.hpp"

#include <string>

namespace lastcall::app {

/// The help of the last word of `path`: usage, text, words, options in their groups with defaults and
/// environment variables (those of outer words too), examples.
std::string help_text(const command_path& path);

}  // namespace lastcall::app
