#pragma once

#include "base/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lastcall::app {

/// One option of a command, declared once. Its flag (--drain-when-empty), its environment variable
/// (LASTCALL_DRAIN_WHEN_EMPTY), its key in the file (drain-when-empty) and its line of help all come from
/// here.
struct option {
  /// Takes one value as text. The error says what would be accepted.
  using setter = std::function<result<void>(const std::string&)>;

  std::string name{};
  std::string value_name{};     ///< what follows it, in the help ("DURATION"); empty: a flag
  std::string help{};           ///< sentences, without the default
  std::string shown_default{};  ///< empty: none
  std::string instead_of{};     ///< another option's name: of the two, the one from the stronger source holds
  bool repeatable{false};       ///< may be given several times; `set` is called for each
  setter set{};

  bool is_flag() const noexcept { return value_name.empty(); }
  std::string flag() const { return "--" + name; }
  std::string environment_name() const;
};

/// Options that belong together, under a heading of the help.
struct option_group {
  std::string title{};
  std::vector<option> options{};
};

/// A setter that stores what `parse` makes of the text in `into`.
template <class T, class Parse>
option::setter stores(T& into, Parse parse) {
  return [&into, parse = std::move(parse)](const std::string& text) -> result<void> {
    auto read = parse(text);
    if (!read) return read.error();
    into = std::move(*read);
    return {};
  };
}

/// A whole number between `least` and `most`.
result<std::uint64_t> parse_count(const std::string& text, std::uint64_t least, std::uint64_t most);
/// A duration of whole seconds between `least` and `most`: what the SQS API counts in.
result<std::chrono::seconds> parse_seconds(const std::string& text, std::chrono::seconds least,
                                           std::chrono::seconds most);

// Each of these declares an option that fills `into`, which must outlive it. What `into` holds at that time
// is shown as the default.

/// On the command line it takes no value; in the environment and the file true or false.
option flag_option(std::string name, bool& into, std::string help);
option text_option(std::string name, std::string value_name, std::string& into, std::string help);
/// May be given several times.
option list_option(std::string name, std::string value_name, std::vector<std::string>& into,
                   std::string help);
/// One of `words`.
option choice_option(std::string name, std::vector<std::string> words, std::string& into, std::string help);
/// An absolute URL with one of the schemes, separated by '|'.
option url_option(std::string name, std::string schemes, std::string& into, std::string help);
/// host:port to listen on; the host may be left out, port 0 takes a free one.
option address_option(std::string name, std::string& into, std::string help);
option duration_option(std::string name, std::chrono::nanoseconds& into, std::string help);
/// Unset unless given.
option duration_option(std::string name, std::optional<std::chrono::nanoseconds>& into, std::string help);
option seconds_option(std::string name, std::chrono::seconds& into, std::chrono::seconds least,
                      std::chrono::seconds most, std::string help);

template <class Integer>
option count_option(std::string name, Integer& into, std::uint64_t least, std::uint64_t most,
                    std::string help) {
  const auto parse = [least, most](const std::string& text) -> result<Integer> {
    const auto read = parse_count(text, least, most);
    if (!read) return read.error();
    return static_cast<Integer>(*read);
  };
  return {.name = std::move(name),
          .value_name = "N",
          .help = std::move(help),
          .shown_default = std::to_string(into),
          .set = stores(into, parse)};
}

}  // namespace lastcall::app
