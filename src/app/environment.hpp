#pragma once

#include <map>
#include <string>

namespace lastcall::app {

/// The environment variables that a command sees: the process's own, or what a test says.
using environment = std::map<std::string, std::string>;

/// The process's environment.
environment process_environment();

/// The value, or an empty text where it is not set. An empty variable counts as not set, everywhere.
inline std::string value_of(const environment& env, const std::string& name) {
  const auto found = env.find(name);
  return found == env.end() ? std::string() : found->second;
}

}  // namespace lastcall::app
