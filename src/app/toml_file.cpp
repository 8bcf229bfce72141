#include "app/toml_file.hpp"

#include "app/exit_code.hpp"
#include "aws/environment.hpp"

#include <toml++/toml.h>

#include <algorithm>

namespace lastcall::app {
namespace {

[[noreturn]] void refuse(const std::string& path, std::size_t line, const std::string& what) {
  throw refusal(exit_config, path + ", line " + std::to_string(line) + ": " + what);
}

std::string read_all(const std::string& path) {
  const result<std::optional<std::string>> content = aws::process_environment().file(path);
  if (!content) throw refusal(exit_config, "--config: " + content.error().message);
  if (!*content) throw refusal(exit_config, "--config: there is no file " + path);
  return **content;
}

std::string as_text(const std::string& path, const std::string& key, const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
  if (node.is_table())
    refuse(path, node.source().begin.line,
           key + ": tables do not nest; that of a word stands alone, as in [sleep]");
  refuse(path, node.source().begin.line,
         key + ": write a text, a whole number, true or false, or an array of texts");
}

file_value as_value(const std::string& path, const std::string& key, const toml::node& node) {
  file_value value;
  value.line = node.source().begin.line;
  if (const toml::array* array = node.as_array()) {
    value.is_array = true;
    for (const toml::node& element : *array)
      value.texts.push_back(as_text(path, key, element));
  } else {
    value.texts.push_back(as_text(path, key, node));
  }
  return value;
}

std::string dashed(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return key;
}

void take_table(toml_file& file, const std::string& name, const toml::table& table) {
  std::map<std::string, file_value>& into = file.tables[name];
  for (const auto& [raw_key, node] : table) {
    const std::string key(raw_key.str());
    if (const toml::table* inner = node.as_table(); inner != nullptr && name.empty()) {
      take_table(file, key, *inner);
      continue;
    }
    if (!into.emplace(dashed(key), as_value(file.path, key, node)).second)
      refuse(file.path, node.source().begin.line,
             key + ": the same key stands twice, once with '_' and once with '-'");
  }
}

}  // namespace

std::string toml_file::place(const std::string& table, const std::string& key) const {
  const file_value& value = tables.at(table).at(key);
  return path + ", line " + std::to_string(value.line) + ": " + (table.empty() ? "" : table + ".") + key;
}

toml_file read_toml_file(const std::string& path) { return parse_toml_file(read_all(path), path); }

toml_file parse_toml_file(std::string_view text, const std::string& path) {
  toml_file file{.path = path, .tables = {}};
  try {
    take_table(file, "", toml::parse(text, path));
  } catch (const toml::parse_error& e) {
    std::string what(e.description());
    if (what.find("parsing value") != std::string::npos)
      what += "; a text stands in quotes, as in queue = \"jobs\"";
    refuse(path, e.source().begin.line, what);
  }
  return file;
}

}  // namespace lastcall::app
