#pragma once

#include "base/error.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>

namespace lastcall::aws {

/// What the surroundings of the process say: variables, files, commands; replaced in tests.
struct environment {
  /// The value of a variable, none where it is not set.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  /// The whole content of a file, none where there is no such file.
  std::function<result<std::optional<std::string>>(const std::string& path)> file;
  /// What a command line writes to its standard output; see run_shell_command.
  std::function<boost::asio::awaitable<result<std::string>>(clock&, std::string line, steady_time deadline)>
      command;

  /// The value of a variable; one that is set to nothing counts as not set.
  std::optional<std::string> get(const std::string& name) const;
  /// Whether a variable says "true", in any case.
  bool is_true(const std::string& name) const;
  /// A path that begins with "~/" is one in the home folder.
  std::string expanded(const std::string& path) const;
};

/// The variables and files of this process. May be called from any thread as long as none sets variables.
environment process_environment();

}  // namespace lastcall::aws
