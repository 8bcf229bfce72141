#include "app/configuration.hpp"

#include "app/exit_code.hpp"
#include "app/suggestion.hpp"
#include "app/toml_file.hpp"
#include "base/encoding.hpp"
#include "jobs/environment.hpp"

#include <algorithm>
#include <optional>

namespace lastcall::app {
namespace {

/// Where a value comes from; the later the stronger.
enum class source { none, file, environment, command_line };

/// What was found for one option.
struct finding {
  const option* what{};
  source from{source::none};
  std::vector<std::string> texts;
  std::string place;  ///< for messages: "--grace", "LASTCALL_GRACE", "lastcall.toml, line 3: grace"
};

template <class Visit>
void for_each_option(const command& word, const Visit& visit) {
  for (const option_group& group : word.groups)
    for (const option& o : group.options)
      visit(o);
}

template <class Visit>
void for_each_command(const command& word, const Visit& visit) {
  visit(word);
  for (const command& child : word.children)
    for_each_command(child, visit);
}

std::vector<std::string> names_of_all_options(const command& program) {
  std::vector<std::string> names;
  for_each_command(program, [&](const command& word) {
    for_each_option(word, [&](const option& o) { names.push_back(o.name); });
  });
  return names;
}

/// Every key must be some command's option, so that a misspelled one is not passed over in silence.
void check_keys(const toml_file& file, const command& program) {
  for (const auto& [table, keys] : file.tables) {
    std::vector<std::string> known;
    std::vector<std::string> tables;
    if (table.empty()) known = names_of_all_options(program);
    for_each_command(program, [&](const command& word) {
      tables.push_back(word.name);
      if (word.name == table) for_each_option(word, [&](const option& o) { known.push_back(o.name); });
    });
    if (!table.empty() && std::find(tables.begin(), tables.end(), table) == tables.end())
      throw refusal(exit_config, file.path + ": unknown table [" + table + "]" + did_you_mean(table, tables));
    for (const auto& [key, value] : keys)
      if (std::find(known.begin(), known.end(), key) == known.end())
        throw refusal(exit_config, file.place(table, key) + ": unknown key" + did_you_mean(key, known));
  }
}

finding find_in_file(const toml_file& file, const command_path& path, const option& o) {
  std::vector<std::string> tables;
  for (auto word = path.rbegin(); word != path.rend(); ++word)
    tables.push_back(*word == path.front() ? "" : (*word)->name);
  for (const std::string& table : tables) {
    const auto keys = file.tables.find(table);
    if (keys == file.tables.end()) continue;
    const auto value = keys->second.find(o.name);
    if (value == keys->second.end()) continue;
    finding found{&o, source::file, value->second.texts, file.place(table, o.name)};
    if (value->second.is_array && !o.repeatable)
      throw refusal(exit_config, found.place + ": it takes one value, not an array");
    return found;
  }
  return {};
}

finding find(const option& o, const command_line& line, const environment& env,
             const std::optional<toml_file>& file) {
  if (const auto given = line.given.find(o.name); given != line.given.end())
    return {&o, source::command_line, given->second, o.flag()};
  if (const std::string text = value_of(env, o.environment_name()); !text.empty())
    return {&o, source::environment, {text}, o.environment_name()};
  if (file) {
    finding found = find_in_file(*file, line.path, o);
    if (found.what != nullptr) return found;
  }
  return {&o, source::none, {}, {}};
}

/// Of two options that say the same thing, the stronger source's holds.
void settle_alternatives(std::vector<finding>& found) {
  for (finding& one : found) {
    const auto other = std::find_if(found.begin(), found.end(),
                                    [&](const finding& f) { return f.what->name == one.what->instead_of; });
    if (other == found.end() || one.from == source::none || other->from == source::none) continue;
    if (one.from == other->from)
      throw refusal(one.from == source::command_line ? exit_usage : exit_config,
                    one.place + " and " + other->place + " exclude each other: give one of them");
    (one.from < other->from ? one : *other).from = source::none;
  }
}

void apply(const finding& found) {
  if (found.from == source::none) return;
  // Of a value that stands alone the last one given holds.
  const std::size_t first = found.what->repeatable ? 0 : found.texts.size() - 1;
  for (std::size_t i = first; i < found.texts.size(); ++i)
    if (const result<void> taken = found.what->set(found.texts[i]); !taken)
      throw refusal(found.from == source::command_line ? exit_usage : exit_config,
                    found.place + ": " + taken.error().message);
}

std::vector<std::string> misspelled_variables(const environment& env, const command& program) {
  constexpr std::string_view prefix = "LASTCALL_";
  std::vector<std::string> known;
  for_each_command(program, [&](const command& word) {
    for_each_option(word,
                    [&](const option& o) { known.push_back(o.environment_name().substr(prefix.size())); });
  });
  std::vector<std::string> warnings;
  for (const auto& [name, value] : env) {
    if (!name.starts_with(prefix)) continue;
    const std::string ours = name.substr(prefix.size());
    if (std::find(known.begin(), known.end(), ours) != known.end() || jobs::is_set_for_commands(name))
      continue;
    // Names far from ours are left alone: Kubernetes sets LASTCALL_PORT and more where a service is called
    // lastcall.
    if (const std::string meant = nearest(ours, known); !meant.empty())
      warnings.push_back("the environment variable " + printable(name, 64) +
                         " is not one of lastcall's; did you mean LASTCALL_" + meant + "?");
  }
  return warnings;
}

}  // namespace

std::vector<std::string> configure(const command_line& line, const environment& env) {
  const command& program = *line.path.front();
  std::vector<finding> found;
  std::optional<toml_file> file;
  // --config first: it says where the other options may stand.
  for_each_option(program, [&](const option& o) {
    if (o.name != "config") return;
    const finding where = find(o, line, env, std::nullopt);
    if (where.from != source::none) file = read_toml_file(where.texts.back());
  });
  if (file) check_keys(*file, program);
  for (const command* word : line.path)
    for_each_option(*word, [&](const option& o) { found.push_back(find(o, line, env, file)); });
  settle_alternatives(found);
  for (const finding& one : found)
    apply(one);
  return misspelled_variables(env, program);
}

}  // namespace lastcall::app
