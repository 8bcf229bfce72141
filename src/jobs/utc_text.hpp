#pragma once

#include <chrono>
#include <string>

namespace lastcall::jobs {

enum class utc_digits { seconds, milliseconds };

/// A time as RFC 3339 writes it, in UTC: "2026-01-02T03:04:05Z", or with milliseconds
/// "2026-01-02T03:04:05.678Z".
std::string utc_text(std::chrono::system_clock::time_point, utc_digits);

}  // namespace lastcall::jobs
