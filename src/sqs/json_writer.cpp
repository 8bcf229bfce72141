#include "sqs/json_writer.hpp"

namespace lastcall::sqs {
namespace {

constexpr std::string_view hex = "0123456789abcdef";

/// What follows the backslash; 0: the character needs none; 'u': only the long form will do.
constexpr char short_escape(char c) noexcept {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return static_cast<unsigned char>(c) < 0x20 ? 'u' : '\0';
  }
}

}  // namespace

void json_writer::text(std::string_view value) {
  out_.push_back('"');
  std::size_t written = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char escape = short_escape(value[i]);
    if (escape == '\0') continue;
    out_ += value.substr(written, i - written);
    written = i + 1;
    out_.push_back('\\');
    out_.push_back(escape);
    if (escape != 'u') continue;
    const auto byte = static_cast<unsigned char>(value[i]);
    out_ += "00";
    out_.push_back(hex[byte >> 4]);
    out_.push_back(hex[byte & 15]);
  }
  out_ += value.substr(written);
  out_.push_back('"');
  needs_comma_ = true;
}

}  // namespace lastcall::sqs
