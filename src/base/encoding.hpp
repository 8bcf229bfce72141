#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace lastcall {

/// Lower-case hexadecimal of bytes.
std::string to_hex(std::string_view bytes);
/// Base64 (RFC 4648 §4), padded, in one line.
std::string to_base64(std::string_view bytes);
/// Decodes base64 (RFC 4648 §4). Refuses wrong characters, wrong padding and set trailing bits;
/// white space is accepted, since mail and people break lines.
result<std::string> from_base64(std::string_view text);
/// Percent-encodes all but the unreserved characters of RFC 3986 §2.3; with `keep_slash`, '/' too is kept.
std::string percent_encode(std::string_view text, bool keep_slash = false);
/// Decodes %XX; with `plus_is_space`, '+' as well (application/x-www-form-urlencoded). A broken escape stays
/// as it is.
std::string percent_decode(std::string_view text, bool plus_is_space = false);
/// Whether the bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view bytes) noexcept;
/// Text that is safe in a log line or a terminal: control characters and broken UTF-8 as \xNN. What would be
/// longer than `max_bytes` is cut before that, between two characters, and "…" appended: that may make it three
/// bytes longer.
std::string printable(std::string_view text, std::size_t max_bytes = 512);

}  // namespace lastcall
