#include "app/command_line.hpp"

#include "app/exit_code.hpp"
#include "app/suggestion.hpp"
#include "base/encoding.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace lastcall::app {
namespace {

/// A command and the parser of its word.
struct node {
  const command* what;
  CLI::App* parser;
  std::vector<node> children;
};

node declare(const command& what, CLI::App& parser) {
  parser.set_help_flag();
  parser.allow_extras();
  parser.fallthrough();
  parser.require_subcommand(0, 1);
  for (const option_group& group : what.groups)
    for (const option& o : group.options)
      if (o.is_flag())
        parser.add_flag(o.flag());
      else
        // TakeAll: of an option that is not repeatable the last one holds, so that scripts may append.
        parser.add_option(o.flag())
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
            ->type_name(o.value_name);
  node made{&what, &parser, {}};
  for (const command& child : what.children)
    made.children.push_back(declare(child, *parser.add_subcommand(child.name)));
  return made;
}

std::string with_help_hint(const std::string& text, const command_path& path) {
  return text + "\nTry '" + spelled(path) + " --help'.";
}

void collect(const node& from, command_line& into) {
  into.path.push_back(from.what);
  for (const option_group& group : from.what->groups)
    for (const option& o : group.options)
      if (const CLI::Option* parsed = from.parser->get_option(o.flag()); parsed->count() > 0)
        into.given[o.name] = parsed->results();
  for (const node& child : from.children)
    if (child.parser->parsed()) collect(child, into);
}

bool looks_like_option(const std::string& text) { return text.size() > 1 && text.front() == '-'; }

std::string not_understood(const std::string& extra, const command_path& path) {
  const std::string shown = "'" + printable(extra, 64) + "'";
  std::vector<std::string> known;
  if (looks_like_option(extra)) {
    const std::string flag = extra.substr(0, extra.find('='));
    for (const command* word : path)
      for (const option_group& group : word->groups)
        for (const option& o : group.options) {
          if (o.flag() == flag)
            return "'" + flag + "' is an option of '" + word->name + "': put it after that word";
          known.push_back(o.flag());
        }
    known.insert(known.end(), {"--help", "--version"});
    return "unknown option " + shown + did_you_mean(flag, known);
  }
  const command& last = *path.back();
  if (last.children.empty())
    return "unexpected argument " + shown +
           (last.rest != nullptr ? ": put '--' before the command and its arguments" : "");
  std::string all;
  for (const command& child : last.children) {
    known.push_back(child.name);
    all += (all.empty() ? "" : ", ") + child.name;
  }
  const std::string meant = did_you_mean(extra, known);
  return "unknown word " + shown + " after '" + spelled(path) + "'" +
         (meant.empty() ? "; known are " + all : meant);
}

}  // namespace

std::string spelled(const command_path& path) {
  std::string text;
  for (const command* word : path)
    text += (text.empty() ? "" : " ") + word->name;
  return text;
}

command_line parse_command_line(const command& program, const std::vector<std::string>& arguments) {
  CLI::App parser;
  const node root = declare(program, parser);
  const CLI::Option* const help = parser.add_flag("-h,--help");
  const CLI::Option* const version = parser.add_flag("--version");

  // What follows "--" is not ours to look at; the parser would hand it to outer words.
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  std::vector<std::string> reversed;
  for (auto a = dashes; a != arguments.begin();) {
    // The parser would take the next argument as the value of "--name=".
    if (--a; a->size() > 2 && a->starts_with("--") && a->ends_with('='))
      throw refusal(exit_usage, a->substr(0, a->size() - 1) + " needs a value");
    reversed.push_back(*a);
  }

  command_line line;
  try {
    parser.parse(reversed);
  } catch (const CLI::ParseError& e) {
    const std::string text = e.what();
    throw refusal(exit_usage, text.substr(0, text.find(':')) + " needs a value");
  }
  collect(root, line);
  line.wants_help = help->count() > 0;
  line.wants_version = version->count() > 0;
  if (line.wants_help || line.wants_version) return line;

  const command& last = *line.path.back();
  std::vector<std::string> extras = parser.remaining(true);
  if (!extras.empty() && !last.operand.empty() && !looks_like_option(extras.front()) &&
      !line.given.contains(last.operand)) {
    line.given[last.operand] = {extras.front()};
    extras.erase(extras.begin());
  }
  if (!extras.empty())
    throw refusal(exit_usage, with_help_hint(not_understood(extras.front(), line.path), line.path));
  if (dashes != arguments.end()) {
    if (last.rest == nullptr)
      throw refusal(exit_usage, with_help_hint("'" + spelled(line.path) + "' takes no '--'", line.path));
    last.rest->assign(dashes + 1, arguments.end());
  }
  return line;
}

}  // namespace lastcall::app
