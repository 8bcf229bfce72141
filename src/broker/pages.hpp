#pragma once

#include "broker/api_error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lastcall::broker {

/// One page of a list of names in order.
struct page {
  std::vector<std::string> names;
  std::string next_token;  ///< empty: the last page
};

/// The page after `token` (empty: the first) of `max_results` names. Without `max_results` a page has 1,000
/// names and gives no token (ListQueues: "You must set MaxResults to receive a value for NextToken").
answer<page> take_page(const std::vector<std::string>& sorted_names, const std::string& token,
                       std::optional<std::int64_t> max_results);

}  // namespace lastcall::broker
