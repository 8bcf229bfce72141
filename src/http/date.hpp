#pragma once

#include "runtime/clock.hpp"

#include <string>

namespace lastcall::http {

/// The time as in the Date header (RFC 9110 §5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
std::string format_date(wall_time);

}  // namespace lastcall::http
