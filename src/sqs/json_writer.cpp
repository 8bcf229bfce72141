#include "sqs/json_writer.hpp"

#include "base/json_text.hpp"

namespace lastcall::sqs {
namespace {

constexpr std::string_view hex = "0123456789abcdef";

/// What follows the backslash; 'u': only the long form will do.
constexpr char escape_of(char c) noexcept {
  switch (c) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '"':
    case '\\':
      return c;
    default:
      return 'u';
  }
}

}  // namespace

void json_writer::text(std::string_view value) {
  out_.push_back('"');
  for (;;) {
    const std::size_t plain = json_plain_run(value).bytes;
    out_ += value.substr(0, plain);
    if (plain == value.size()) break;
    escape(value[plain]);
    value.remove_prefix(plain + 1);
  }
  out_.push_back('"');
  needs_comma_ = true;
}

void json_writer::escape(char c) {
  out_.push_back('\\');
  out_.push_back(escape_of(c));
  if (escape_of(c) != 'u') return;
  const auto byte = static_cast<unsigned char>(c);
  out_ += "00";
  out_.push_back(hex[byte >> 4]);
  out_.push_back(hex[byte & 15]);
}

}  // namespace lastcall::sqs
