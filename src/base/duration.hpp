#pragma once

#include "base/error.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace lastcall {

/// Reads a duration with a unit: "250us", "500ms", "30s", "5m", "1h", "2d", and sums of them ("1h30m").
/// A plain "0" needs no unit. Anything else is an error that shows the accepted form.
result<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// The shortest exact form that `parse_duration` reads back ("1500ms", "30s").
std::string format_duration(std::chrono::nanoseconds);

}  // namespace lastcall
