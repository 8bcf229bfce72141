#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::app {

/// A value of a TOML file as text, as the command line would have it.
struct file_value {
  std::vector<std::string> texts;  ///< of an array each element, else one
  bool is_array{false};
  std::size_t line{};
};

/// A TOML file, flat: keys at the top level and in tables of one level. In keys '_' is read as '-'.
struct toml_file {
  std::string path;
  std::map<std::string, std::map<std::string, file_value>> tables;  ///< "" is the top level

  /// "lastcall.toml, line 3: grace", for messages
  std::string place(const std::string& table, const std::string& key) const;
};

/// Reads and parses it. Throws `refusal` with exit_config that says where in the file what is wrong.
toml_file read_toml_file(const std::string& path);
/// The same of its text; `path` is shown in errors.
toml_file parse_toml_file(std::string_view text, const std::string& path);

}  // namespace lastcall::app
