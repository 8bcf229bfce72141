#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace lastcall {

using timestamp = std::chrono::system_clock::time_point;

/// Reads a date and time of RFC 3339 §5.6 ("2015-08-30T12:36:00Z", "2015-08-30T14:36:00.25+02:00").
std::optional<timestamp> parse_rfc3339(std::string_view text) noexcept;
/// Reads the Date of an HTTP message as senders must write it (RFC 9110 §5.6.7, IMF-fixdate:
/// "Sun, 06 Nov 1994 08:49:37 GMT").
std::optional<timestamp> parse_http_date(std::string_view text) noexcept;

}  // namespace lastcall
