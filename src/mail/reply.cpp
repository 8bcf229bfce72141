#include "mail/reply.hpp"

#include "base/encoding.hpp"

#include <algorithm>

namespace lastcall::mail {
namespace {

// RFC 5321 §4.5.3.1.5 allows lines of 512 bytes; servers exceed it in good faith.
constexpr std::size_t max_line_bytes = 4096;
constexpr std::size_t max_reply_bytes = std::size_t{64} * 1024;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

error not_smtp(std::string_view line) {
  return {error_kind::protocol, "", "the server's reply is not SMTP: '" + printable(line, 100) + "'"};
}

/// The length of the digits at `at`; 0 if there are none, or more than RFC 3463 §2 allows.
std::size_t digits_at(std::string_view text, std::size_t at, std::size_t most) noexcept {
  std::size_t count = 0;
  while (at + count < text.size() && is_digit(text[at + count]))
    ++count;
  return count <= most ? count : 0;
}

}  // namespace

std::string_view reply::enhanced() const noexcept {
  const std::string_view text = lines.empty() ? std::string_view{} : lines.front();
  if (text.size() < 5 || text[0] - '0' != code / 100 || text[1] != '.') return {};
  const std::size_t subject = digits_at(text, 2, 3);
  if (subject == 0 || 2 + subject >= text.size() || text[2 + subject] != '.') return {};
  const std::size_t detail = digits_at(text, 3 + subject, 3);
  const std::size_t end = 3 + subject + detail;
  if (detail == 0 || (end < text.size() && text[end] != ' ')) return {};
  return text.substr(0, end);
}

std::string reply::words() const {
  std::string text = std::to_string(code);
  for (const std::string& line : lines) {
    // A reply of several lines repeats its enhanced code on each.
    std::string_view rest = line;
    if (&line != &lines.front() && !enhanced().empty() && rest.starts_with(enhanced()))
      rest.remove_prefix(enhanced().size());
    while (rest.starts_with(' '))
      rest.remove_prefix(1);
    if (!rest.empty()) text.append(" ").append(rest);
  }
  return printable(text, 500);
}

result<std::optional<reply>> reply_parser::next() {
  for (;;) {
    const std::size_t end = buffer_.find('\n');
    if (std::min(end, buffer_.size()) > max_line_bytes) return not_smtp(buffer_);
    if (end == std::string::npos) return std::optional<reply>{};
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    auto is_last = take_line(line);
    if (!is_last) return is_last.error();
    if (*is_last) {
      partial_bytes_ = 0;
      return std::optional<reply>(std::exchange(partial_, {}));
    }
  }
}

/// Adds a line to the reply that is under way; true: it was the last one.
result<bool> reply_parser::take_line(std::string_view line) {
  const bool has_code =
      line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && is_digit(line[1]) && is_digit(line[2]);
  if (!has_code || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) return not_smtp(line);
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (!partial_.lines.empty() && code != partial_.code) return not_smtp(line);
  partial_bytes_ += line.size();
  if (partial_bytes_ > max_reply_bytes) return not_smtp("a reply that does not end");
  partial_.code = code;
  partial_.lines.emplace_back(line.substr(std::min<std::size_t>(line.size(), 4)));
  return line.size() == 3 || line[3] == ' ';
}

}  // namespace lastcall::mail
