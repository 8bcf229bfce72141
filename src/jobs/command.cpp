#include "jobs/command.hpp"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace lastcall::jobs {
namespace {

error unusable(const std::string& name, const std::string& why) {
  // A whole line of the shell in quotes.
  const bool is_line = name.find(' ') != std::string::npos;
  return error{error_kind::invalid,
               {},
               "cannot run the command " + name + ": " + why +
                   (is_line ? "; give its arguments as words of their own, or run a shell: sh -c '…'" : "")};
}

/// Why this file can't be executed; empty where it can.
std::string obstacle(const std::string& path) {
  struct stat file{};
  if (::stat(path.c_str(), &file) != 0)
    return errno == ENOENT ? "there is no such file" : std::strerror(errno);
  if (S_ISDIR(file.st_mode)) return "it is a folder";
  if (::access(path.c_str(), X_OK) != 0) return "it is not executable (chmod +x makes it so)";
  return {};
}

}  // namespace

result<std::string> find_command(const std::string& name, const std::string& search_path) {
  if (name.empty()) return unusable("\"\"", "its name is empty");
  if (name.find('/') != std::string::npos) {
    const std::string why = obstacle(name);
    if (!why.empty()) return unusable(name, why);
    return name;
  }
  std::string_view rest = search_path;
  for (;;) {
    const std::size_t colon = rest.find(':');
    const std::string folder(rest.substr(0, colon));
    // An empty entry of PATH is the current folder (POSIX XBD 8.3).
    std::string path = (folder.empty() ? "." : folder) + '/' + name;
    if (obstacle(path).empty()) return path;
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  return unusable(name, "it is in none of the folders of PATH (" + search_path + ")");
}

}  // namespace lastcall::jobs
