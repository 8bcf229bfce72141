#include "aws/environment.hpp"

#include "base/encoding.hpp"
#include "runtime/shell_command.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <strings.h>

namespace lastcall::aws {
namespace {

error cannot_read(const std::string& path, int problem) {
  return {error_kind::io, "", "cannot read '" + printable(path) + "': " + std::strerror(problem)};
}

result<std::optional<std::string>> read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>{};
    return cannot_read(path, errno);
  }
  std::string content;
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, file.get()))
    content.append(buffer, size);
  if (std::ferror(file.get()) != 0) return cannot_read(path, errno);
  return std::optional<std::string>(std::move(content));
}

}  // namespace

std::optional<std::string> environment::get(const std::string& name) const {
  std::optional<std::string> value = variable(name);
  if (value && value->empty()) value.reset();
  return value;
}

bool environment::is_true(const std::string& name) const {
  const std::optional<std::string> value = get(name);
  return value && ::strcasecmp(value->c_str(), "true") == 0;
}

std::string environment::expanded(const std::string& path) const {
  return path.starts_with("~/") ? get("HOME").value_or("") + path.substr(1) : path;
}

environment process_environment() {
  return {[](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
          },
          &read_file, &run_shell_command};
}

}  // namespace lastcall::aws
