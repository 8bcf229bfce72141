#include "jobs/utc_text.hpp"

#include <fmt/format.h>

namespace lastcall::jobs {

std::string utc_text(std::chrono::system_clock::time_point when, utc_digits digits) {
  using namespace std::chrono;
  const auto day = floor<days>(when);
  const year_month_day date(day);
  const hh_mm_ss time(floor<milliseconds>(when - day));
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 time.hours().count(), time.minutes().count(), time.seconds().count());
  if (digits == utc_digits::milliseconds) text += fmt::format(".{:03}", time.subseconds().count());
  return text + 'Z';
}

}  // namespace lastcall::jobs
