#include "base/timestamp.hpp"

#include <array>
#include <charconv>

namespace lastcall {
namespace {

/// Takes a text apart from its front; once something does not fit, nothing fits any more.
class scanner {
 public:
  explicit scanner(std::string_view text) noexcept : rest_(text) {}

  /// Exactly this many digits.
  int number(std::size_t digits) noexcept {
    int value = 0;
    const std::string_view text = take(digits);
    for (const char c : text) {
      if (c < '0' || c > '9') fits_ = false;
      value = value * 10 + (c - '0');
    }
    return fits_ ? value : 0;
  }
  void literal(std::string_view expected) noexcept {
    if (take(expected.size()) != expected) fits_ = false;
  }
  std::string_view take(std::size_t size) noexcept {
    if (rest_.size() < size) {
      fits_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  char next() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
  bool fits_to_the_end() const noexcept { return fits_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool fits_{true};
};

struct date {
  int year;
  int month;
  int day;
};

/// Hours, minutes and seconds; a leap second counts as the first of the next minute.
std::chrono::seconds read_time(scanner& in, bool& valid) noexcept {
  const int hours = in.number(2);
  in.literal(":");
  const int minutes = in.number(2);
  in.literal(":");
  const int seconds = in.number(2);
  valid = valid && hours < 24 && minutes < 60 && seconds <= 60;
  return std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
}

std::optional<timestamp> at(const date& d, std::chrono::nanoseconds time_of_day) noexcept {
  const std::chrono::year_month_day day{std::chrono::year(d.year),
                                        std::chrono::month(static_cast<unsigned>(d.month)),
                                        std::chrono::day(static_cast<unsigned>(d.day))};
  // Between any two of these years a difference in nanoseconds does not overflow.
  if (!day.ok() || d.year < 1900 || d.year > 2190) return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::duration_cast<timestamp::duration>(time_of_day);
}

std::chrono::nanoseconds read_fraction(scanner& in) noexcept {
  std::chrono::nanoseconds fraction{0};
  if (in.next() != '.') return fraction;
  in.take(1);
  std::chrono::nanoseconds unit = std::chrono::milliseconds(100);
  do {
    fraction += unit * in.number(1);
    unit /= 10;
  } while (in.next() >= '0' && in.next() <= '9');
  return fraction;
}

std::chrono::minutes read_offset(scanner& in, bool& valid) noexcept {
  const std::string_view sign = in.take(1);
  if (sign == "Z" || sign == "z") return std::chrono::minutes{0};
  valid = valid && (sign == "+" || sign == "-");
  const int hours = in.number(2);
  in.literal(":");
  const int minutes = in.number(2);
  valid = valid && hours < 24 && minutes < 60;
  const std::chrono::minutes offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return sign == "-" ? -offset : offset;
}

int month_named(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<int>(i) + 1;
  return 0;
}

}  // namespace

std::optional<timestamp> parse_rfc3339(std::string_view text) noexcept {
  scanner in(text);
  bool valid = true;
  date d{};
  d.year = in.number(4);
  in.literal("-");
  d.month = in.number(2);
  in.literal("-");
  d.day = in.number(2);
  const std::string_view separator = in.take(1);
  valid = separator == "T" || separator == "t" || separator == " ";
  std::chrono::nanoseconds time = read_time(in, valid);
  time += read_fraction(in);
  time -= read_offset(in, valid);
  if (!valid || !in.fits_to_the_end()) return std::nullopt;
  return at(d, time);
}

std::optional<timestamp> parse_http_date(std::string_view text) noexcept {
  scanner in(text);
  bool valid = true;
  in.take(3);  // the day of the week says nothing new
  in.literal(", ");
  date d{};
  d.day = in.number(2);
  in.literal(" ");
  d.month = month_named(in.take(3));
  in.literal(" ");
  d.year = in.number(4);
  in.literal(" ");
  const std::chrono::seconds time = read_time(in, valid);
  in.literal(" GMT");
  if (!valid || !in.fits_to_the_end()) return std::nullopt;
  return at(d, time);
}

}  // namespace lastcall
