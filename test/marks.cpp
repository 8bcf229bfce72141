// Linked into the programs of the tests, and into the sanitized `lastcall`, which is for tests alone: writes which marks
// the program has, and then which it passes, to the file that TEST_MARKS names; a line each, "known NAME" or
// "hit NAME". Each is written at once, so that a program counts which ends without a farewell, and its children.

#include "base/mark.hpp"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace lastcall {
namespace {

int file = -1;

void write_line(const char* what, const mark& m) {
  const std::string line = what + std::string(m.name()) + '\n';
  if (write(file, line.data(), line.size()) >= 0) return;
  std::perror("a mark can not be written to TEST_MARKS");
  std::abort();
}

const bool is_reporting = [] {
  const char* path = std::getenv("TEST_MARKS");
  if (path == nullptr) return false;
  file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return false;
  for (const mark& m : mark::all())
    write_line("known ", m);
  mark::on_first_hit = [](const mark& m) { write_line("hit ", m); };
  return true;
}();

}  // namespace
}  // namespace lastcall
