#include "base/duration.hpp"

#include "base/encoding.hpp"

#include <array>
#include <cstdint>
#include <limits>

namespace lastcall {
namespace {

struct unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::array<unit, 7> units{{{"d", 86'400'000'000'000},
                                     {"h", 3'600'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"s", 1'000'000'000},
                                     {"ms", 1'000'000},
                                     {"us", 1'000},
                                     {"ns", 1}}};

error not_a_duration(std::string_view text) {
  return {error_kind::invalid, "",
          "'" + printable(text, 64) +
              "' is not a duration: write a number with its unit, such as 500ms, 30s, 5m, 1h or 1h30m"};
}

}  // namespace

result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::nanoseconds{0};
  constexpr std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  std::int64_t total = 0;
  std::string_view rest = text;
  if (rest.empty()) return not_a_duration(text);
  while (!rest.empty()) {
    std::int64_t number = 0;
    std::size_t digits = 0;
    for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits) {
      const std::int64_t digit = rest[digits] - '0';
      if (number > (limit - digit) / 10) return not_a_duration(text);
      number = number * 10 + digit;
    }
    if (digits == 0) return not_a_duration(text);
    rest.remove_prefix(digits);
    std::size_t letters = 0;
    while (letters < rest.size() && rest[letters] >= 'a' && rest[letters] <= 'z')
      ++letters;
    const unit* found = nullptr;
    for (const unit& u : units)
      if (u.name == rest.substr(0, letters)) found = &u;
    if (found == nullptr || number > limit / found->nanoseconds) return not_a_duration(text);
    const std::int64_t part = number * found->nanoseconds;
    if (total > limit - part) return not_a_duration(text);
    total += part;
    rest.remove_prefix(letters);
  }
  return std::chrono::nanoseconds{total};
}

std::string format_duration(std::chrono::nanoseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  for (const unit& u : units)
    if (count % u.nanoseconds == 0) return std::to_string(count / u.nanoseconds) + std::string(u.name);
  return std::to_string(count) + "ns";
}

}  // namespace lastcall
