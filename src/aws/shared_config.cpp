#include "aws/shared_config.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace lastcall::aws {
namespace {

constexpr std::string_view white_space = " \t\r\f\v";

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

bool is_space(char c) noexcept { return white_space.find(c) != std::string_view::npos; }

/// Cuts a comment that begins after white space, so that a '#' inside of a value stays.
std::string_view without_comment(std::string_view text) noexcept {
  for (std::size_t i = 1; i < text.size(); ++i)
    if ((text[i] == '#' || text[i] == ';') && is_space(text[i - 1])) return text.substr(0, i);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Takes the lines of a file apart; what a section's title means is the caller's.
class section_reader {
 public:
  using section_named = std::function<settings*(std::string_view title)>;

  section_reader(std::string_view path, section_named section) : path_(path), section_(std::move(section)) {}

  result<void> read(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      ++line_;
      if (const result<void> read = read_line(line); !read) return read;
    }
    return {};
  }

 private:
  result<void> read_line(std::string_view line) {
    const std::string_view text = trimmed(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') return {};
    if (line.front() == '[') return open_section(text);
    if (is_space(line.front())) return continue_setting(text);
    return read_setting(text);
  }

  result<void> open_section(std::string_view text) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return refuse("the section's title has no closing ']'");
    in_section_ = true;
    into_ = section_(trimmed(text.substr(1, end - 1)));
    last_ = nullptr;
    return {};
  }

  result<void> read_setting(std::string_view text) {
    if (!in_section_) return refuse("a setting before the first [section]");
    const std::size_t equals = text.find('=');
    const std::string_view name = trimmed(text.substr(0, equals));
    if (equals == std::string_view::npos || name.empty()) return refuse("expected 'name = value'");
    last_name_ = lower(name);
    last_ = into_ == nullptr ? &ignored_ : &(*into_)[last_name_];
    *last_ = trimmed(without_comment(text.substr(equals)).substr(1));
    return {};
  }

  /// An indented line: a setting nested in one without a value, or one more line of a value.
  result<void> continue_setting(std::string_view text) {
    if (last_ == nullptr) return refuse("an indented line must follow a setting");
    if (!last_->empty()) {
      *last_ += '\n';
      *last_ += text;
      return {};
    }
    const std::size_t equals = text.find('=');
    const std::string_view name = trimmed(text.substr(0, equals));
    if (equals == std::string_view::npos || name.empty()) return refuse("expected a nested 'name = value'");
    if (into_ != nullptr)
      (*into_)[last_name_ + "." + lower(name)] = trimmed(without_comment(text.substr(equals)).substr(1));
    return {};
  }

  error refuse(const char* why) const {
    return {error_kind::invalid, "", printable(path_) + ", line " + std::to_string(line_) + ": " + why};
  }

  std::string_view path_;
  section_named section_;
  std::size_t line_{0};
  bool in_section_{false};
  settings* into_{nullptr};  // none: a section that is left out
  std::string last_name_;
  std::string* last_{nullptr};
  std::string ignored_;
};

/// The name in a title such as [profile NAME], quoted or not; empty where the title is of another kind.
std::string_view name_after(std::string_view kind, std::string_view title) {
  if (!title.starts_with(kind) || title.size() == kind.size() || !is_space(title[kind.size()])) return {};
  std::string_view name = trimmed(title.substr(kind.size()));
  if (name.size() > 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front())
    name = name.substr(1, name.size() - 2);
  return name;
}

void overwrite(settings& into, const settings& with) {
  for (const auto& [name, value] : with)
    into.insert_or_assign(name, value);
}

using add_file = result<void> (*)(shared_config&, std::string_view, std::string_view);

result<void> load_file(shared_config& into, add_file add, const environment& env, const char* variable,
                       const char* default_path) {
  const std::optional<std::string> set = env.get(variable);
  if (!set && !env.get("HOME")) return {};
  const std::string path = env.expanded(set.value_or(default_path));
  const result<std::optional<std::string>> text = env.file(path);
  if (!text) return text.error();
  if (*text) return add(into, **text, path);
  if (set) log::warning("the file does not exist", {{"variable", variable}, {"path", path}});
  return {};
}

}  // namespace

result<void> add_config_file(shared_config& into, std::string_view text, std::string_view path) {
  settings short_default;
  section_reader reader(path, [&](std::string_view title) -> settings* {
    if (title == "default") return &short_default;
    if (const std::string_view name = name_after("profile", title); !name.empty())
      return &into.profiles[std::string(name)];
    if (const std::string_view name = name_after("services", title); !name.empty())
      return &into.services[std::string(name)];
    if (const std::string_view name = name_after("sso-session", title); !name.empty())
      return &into.sso_sessions[std::string(name)];
    return nullptr;
  });
  if (const result<void> read = reader.read(text); !read) return read;
  // Where both [default] and [profile default] stand, the longer title wins.
  if (!short_default.empty()) into.profiles.try_emplace("default", std::move(short_default));
  return {};
}

result<void> add_credentials_file(shared_config& into, std::string_view text, std::string_view path) {
  std::map<std::string, settings> profiles;
  section_reader reader(path, [&](std::string_view title) { return &profiles[std::string(title)]; });
  if (const result<void> read = reader.read(text); !read) return read;
  for (const auto& [name, section] : profiles)
    overwrite(into.profiles[name], section);
  return {};
}

result<shared_config> load_shared_config(const environment& env) {
  shared_config out;
  if (const auto loaded = load_file(out, &add_config_file, env, "AWS_CONFIG_FILE", "~/.aws/config"); !loaded)
    return loaded.error();
  if (const auto loaded =
          load_file(out, &add_credentials_file, env, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
      !loaded)
    return loaded.error();
  return out;
}

std::optional<std::string> profile::get(std::string_view setting) const {
  const auto found = settings.find(setting);
  if (found == settings.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

bool profile::is_true(std::string_view setting) const {
  const std::optional<std::string> value = get(setting);
  return value && lower(*value) == "true";
}

result<profile> find_profile(const shared_config& config, const std::string& name) {
  profile out{name, {}, {}};
  const auto found = config.profiles.find(name);
  if (found == config.profiles.end())
    return error{error_kind::invalid, "",
                 "the profile '" + printable(name) +
                     "' is neither in the AWS config file nor in the credentials file: check --profile or "
                     "AWS_PROFILE, or list the profiles with 'aws configure list-profiles'"};
  out.settings = found->second;
  if (const std::optional<std::string> services = out.get("services")) {
    const auto section = config.services.find(*services);
    if (section == config.services.end())
      return error{error_kind::invalid, "",
                   "the profile '" + printable(name) + "' names the section [services " +
                       printable(*services) + "], which the AWS config file does not have"};
    out.services = section->second;
  }
  return out;
}

result<profile> choose_profile(const shared_config& config, const std::optional<std::string>& name,
                               const environment& env) {
  const std::string named = name ? *name : env.get("AWS_PROFILE").value_or("default");
  if (named == "default" && config.profiles.find(named) == config.profiles.end())
    return profile{named, {}, {}};
  return find_profile(config, named);
}

}  // namespace lastcall::aws
