#include "mail/message_reader.hpp"

#include <string_view>

namespace lastcall::mail {

bool message_reader::take(std::string& bytes) {
  std::string_view rest = bytes;
  bool is_complete = false;
  while (!rest.empty() && !is_complete) {
    const std::size_t end = rest.find("\r\n");
    if (end == std::string_view::npos) {
      // A line that is under way is taken as it comes, except where it may still turn out to be the end.
      const std::size_t kept = at_line_start_ && rest.size() <= 2 ? rest.size()
                               : rest.ends_with('\r')             ? 1
                                                                  : 0;
      if (rest.size() == kept) break;
      append(rest.substr(0, rest.size() - kept));
      at_line_start_ = false;
      rest.remove_prefix(rest.size() - kept);
      break;
    }
    const std::string_view line = rest.substr(0, end + 2);
    is_complete = at_line_start_ && line == ".\r\n";
    if (!is_complete) append(line);
    at_line_start_ = true;
    rest.remove_prefix(line.size());
  }
  bytes.erase(0, bytes.size() - rest.size());
  return is_complete;
}

void message_reader::append(std::string_view line) {
  if (at_line_start_ && line.starts_with('.')) line.remove_prefix(1);
  if (message_.size() + line.size() > max_bytes_) {
    too_long_ = true;
    message_.clear();
    message_.shrink_to_fit();
    max_bytes_ = 0;
  } else {
    message_ += line;
  }
}

}  // namespace lastcall::mail
