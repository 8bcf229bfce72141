#pragma once

#include "aws/environment.hpp"

#include <map>
#include <string>
#include <vector>

namespace lastcall::testing {

/// Variables, files and commands that a test makes up.
struct fake_environment {
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> files;
  /// What the next command writes, and the command lines that were run.
  result<std::string> output{std::string()};
  std::vector<std::string> commands;

  /// Looks at this object at each call: what a test changes is seen.
  aws::environment view() {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            [this](const std::string& path) -> result<std::optional<std::string>> {
              const auto found = files.find(path);
              return found == files.end() ? std::nullopt : std::optional(found->second);
            },
            [this](clock&, std::string line, steady_time) { return run(std::move(line)); }};
  }

 private:
  boost::asio::awaitable<result<std::string>> run(std::string line) {
    commands.push_back(std::move(line));
    co_return output;
  }
};

}  // namespace lastcall::testing
