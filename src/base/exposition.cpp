#include "base/exposition.hpp"

#include <array>
#include <cstdio>

namespace lastcall {
namespace {

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

std::string number(const char* format, double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

}  // namespace

void exposition::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void exposition::sample(labels given, std::uint64_t value) { sample(given, std::to_string(value)); }

void exposition::sample(labels given, const std::string& value) { line("", given, "", value); }

void exposition::histogram(labels given, const duration_histogram& of) {
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < of.counts().size(); ++i) {
    so_far += of.counts()[i];
    const bool is_last = i == duration_histogram::longest.size();
    const std::string longest =
        is_last ? "+Inf"
                : number("%g", std::chrono::duration<double>(duration_histogram::longest[i]).count());
    line("_bucket", given, longest, std::to_string(so_far));
  }
  line("_sum", given, "", number("%.6f", of.seconds()));
  line("_count", given, "", std::to_string(so_far));
}

void exposition::line(std::string_view suffix, labels given, std::string_view longest,
                      std::string_view value) {
  text_.append(name_).append(suffix);
  char separator = '{';
  const auto add = [&](std::string_view name, std::string_view label) {
    text_ += separator;
    text_.append(name).append("=\"");
    append_escaped(text_, label);
    text_ += '"';
    separator = ',';
  };
  for (const auto& [name, label] : given)
    add(name, label);
  if (!longest.empty()) add("le", longest);
  if (separator == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
}

}  // namespace lastcall
