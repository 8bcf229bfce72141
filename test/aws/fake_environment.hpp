#pragma once

#include "aws/environment.hpp"

#include <map>
#include <string>

namespace lastcall::testing {

/// Variables and files that a test makes up.
struct fake_environment {
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> files;

  /// Looks at this object at each call: what a test changes is seen.
  aws::environment view() const {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            [this](const std::string& path) -> result<std::optional<std::string>> {
              const auto found = files.find(path);
              return found == files.end() ? std::nullopt : std::optional(found->second);
            }};
  }
};

}  // namespace lastcall::testing
