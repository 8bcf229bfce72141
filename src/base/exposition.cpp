#include "base/exposition.hpp"

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

}  // namespace

void exposition::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void exposition::sample(labels given, std::uint64_t value) { sample(given, std::to_string(value)); }

void exposition::sample(labels given, const std::string& value) {
  text_ += name_;
  char separator = '{';
  for (const auto& [name, label] : given) {
    text_ += separator;
    text_.append(name).append("=\"");
    append_escaped(text_, label);
    text_ += '"';
    separator = ',';
  }
  if (given.size() != 0) text_ += '}';
  text_.append(" ").append(value).append("\n");
}

}  // namespace lastcall
