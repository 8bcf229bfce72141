#pragma once

#include <cstddef>
#include <string_view>

namespace lastcall {

struct json_run {
  std::size_t bytes;
  bool is_ascii;  ///< false: it may hold other characters
};

/// How much of a text's beginning stands in JSON as it is: no quote, no backslash, no control character (RFC 8259 §7).
json_run json_plain_run(std::string_view) noexcept;

}  // namespace lastcall
