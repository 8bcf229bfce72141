#pragma once

#include "app/console.hpp"
#include "app/environment.hpp"
#include "app/option.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace lastcall::app {

/// One word of the command line with what may follow it: options, further words, or the arguments after "--".
struct command {
  std::string name{};
  std::string summary{};    ///< one line, for the list of the parent's help
  std::string text{};       ///< paragraphs of its own help, wrapped when shown
  std::string arguments{};  ///< of the usage line, where options alone do not say it ("--queue NAME JOB")
  std::vector<option_group> groups{};
  std::string child_title{};  ///< what its words are: "COMMAND", "JOB"
  std::vector<command> children{};
  std::string operand{};             ///< the option that a bare word gives its value; empty: no bare word
  std::vector<std::string>* rest{};  ///< where everything after "--" goes; null: nothing may
  std::vector<std::pair<std::string, std::string>> examples{};  ///< a command line and what it does
  std::string closing{};                                        ///< the end of the help, not wrapped
  std::string log_level{"info"};                                ///< where --log-level is not given
  /// Runs the command of which this is the last word, and returns the exit code. May throw `refusal`.
  std::function<int(console&, const environment&)> run{};

  /// Whether this word alone is not yet a command.
  bool needs_child() const noexcept { return !children.empty() && !run; }
};

/// The words from the program itself to the one that was chosen.
using command_path = std::vector<const command*>;

/// "lastcall work exec"
std::string spelled(const command_path&);

}  // namespace lastcall::app
