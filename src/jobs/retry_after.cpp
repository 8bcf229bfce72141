#include "jobs/retry_after.hpp"

#include "base/timestamp.hpp"

#include <algorithm>
#include <charconv>

namespace lastcall::jobs {

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text,
                                                      std::chrono::system_clock::time_point now) {
  using std::chrono::seconds;
  if (const auto date = parse_http_date(text))
    return std::clamp(std::chrono::ceil<seconds>(*date - now), seconds(0), longest_delay);
  const char* const end = text.data() + text.size();
  std::uint64_t number = 0;
  const auto [stopped_at, problem] = std::from_chars(text.data(), end, number);
  if (stopped_at != end || text.empty() || problem == std::errc::invalid_argument) return std::nullopt;
  // More digits than fit are a number all the same.
  return problem == std::errc::result_out_of_range ? longest_delay : at_most_longest_delay(number);
}

}  // namespace lastcall::jobs
