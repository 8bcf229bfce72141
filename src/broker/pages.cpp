#include "broker/pages.hpp"

#include "base/encoding.hpp"

#include <algorithm>

namespace lastcall::broker {
namespace {

constexpr std::int64_t most_results = 1000;

}  // namespace

answer<page> take_page(const std::vector<std::string>& names, const std::string& token,
                       std::optional<std::int64_t> max_results) {
  if (max_results && (*max_results < 1 || *max_results > most_results))
    return faults::invalid_value(std::to_string(*max_results), "MaxResults",
                                 "MaxResults must be an integer between 1 and 1000.");
  auto first = names.begin();
  if (!token.empty()) {
    const auto last_name = from_base64(token);
    if (!last_name) return faults::invalid_value(token, "NextToken", "Invalid or expired next token.");
    first = std::upper_bound(names.begin(), names.end(), *last_name);
  }
  const auto count = std::min<std::int64_t>(max_results.value_or(most_results), names.end() - first);
  page out;
  out.names.assign(first, first + count);
  if (max_results && first + count != names.end()) out.next_token = to_base64(out.names.back());
  return out;
}

}  // namespace lastcall::broker
