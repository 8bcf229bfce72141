#include "app/help.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace lastcall::app {
namespace {

constexpr std::size_t help_width = 96;
constexpr std::size_t option_column = 30;
constexpr std::size_t word_column = 12;

/// Words of `text`, from `column` on, in lines of at most help_width; the first line's beginning is written
/// already.
void wrap(std::string& into, std::string_view text, std::size_t column) {
  std::istringstream words{std::string(text)};
  std::size_t at = column;
  for (std::string word; words >> word;) {
    if (at > column && at + 1 + word.size() > help_width) {
      into += "\n" + std::string(column, ' ');
      at = column;
    } else if (at > column) {
      into += ' ';
      ++at;
    }
    into += word;
    at += word.size();
  }
  into += '\n';
}

/// `left` at the margin, `right` wrapped from `column` on.
void entry(std::string& into, const std::string& left, std::string_view right, std::size_t column) {
  into += "  " + left;
  if (2 + left.size() + 2 > column)
    into += "\n" + std::string(column, ' ');
  else
    into += std::string(column - 2 - left.size(), ' ');
  wrap(into, right, column);
}

void paragraphs(std::string& into, const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    wrap(into, line, 0);
}

void options_of(std::string& into, const command& word) {
  for (const option_group& group : word.groups) {
    into += "\n" + group.title + "\n";
    for (const option& o : group.options) {
      const std::string left = o.flag() + (o.is_flag() ? "" : " " + o.value_name);
      std::string right = o.help;
      if (o.repeatable) right += " May be given several times.";
      right += " [";
      if (!o.shown_default.empty()) right += "default " + o.shown_default + ", ";
      right += o.environment_name() + "]";
      entry(into, left, right, option_column);
    }
  }
}

}  // namespace

std::string help_text(const command_path& path) {
  const command& word = *path.back();
  std::string text =
      "Usage: " + spelled(path) + (word.arguments.empty() ? "" : " " + word.arguments) + "\n\n";
  paragraphs(text, word.text.empty() ? word.summary : word.text);
  if (!word.children.empty()) {
    text += "\n" + word.child_title + " is one of these; each has a --help of its own\n";
    for (const command& child : word.children)
      entry(text, child.name, child.summary, word_column);
  }
  for (auto outer = path.rbegin(); outer != path.rend(); ++outer)
    options_of(text, **outer);
  if (!word.examples.empty()) {
    text += "\nExamples\n";
    for (const auto& [line, effect] : word.examples) {
      text += "  " + line + "\n      ";
      wrap(text, effect, 6);
    }
  }
  if (!word.closing.empty()) text += "\n" + word.closing;
  return text;
}

}  // namespace lastcall::app
