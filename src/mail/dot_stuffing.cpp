#include "mail/dot_stuffing.hpp"

#include <algorithm>

namespace lastcall::mail {

std::string dot_stuffer::next(std::size_t size) {
  std::string block;
  block.reserve(size + 256);
  while (!rest_.empty() && block.size() < size) {
    if (at_line_start_ && rest_.front() == '.') block += '.';
    const std::size_t end = rest_.find_first_of("\r\n");
    const std::size_t line = std::min({end, rest_.size(), size});
    block += rest_.substr(0, line);
    rest_.remove_prefix(line);
    at_line_start_ = line == end;
    if (!at_line_start_) continue;
    block += "\r\n";
    rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : 1);
  }
  if (rest_.empty() && !at_line_start_) block += "\r\n";
  return block;
}

}  // namespace lastcall::mail
