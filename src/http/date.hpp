#pragma once

#include "runtime/clock.hpp"

#include <string>

namespace lastcall::http {

/// The time as in the Date header (RFC 9110 §5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
std::string format_date(wall_time);

/// The Date of answers: as a text that changes once a second.
class date_of_answers {
 public:
  /// Good until the next call.
  std::string_view at(wall_time now) {
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (text_.empty() || second != second_) text_ = format_date(second);
    second_ = second;
    return text_;
  }

 private:
  std::chrono::sys_seconds second_{};
  std::string text_;
};

}  // namespace lastcall::http
