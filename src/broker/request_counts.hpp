#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

namespace lastcall::broker {

/// How many requests were answered, by operation and by the code of the answer.
class request_counts {
 public:
  /// Both texts live as long as the program: names of operations, and codes of `api_error` ("OK" where there
  /// was none).
  void count(std::string_view operation, std::string_view code) { ++counts_[{operation, code}]; }
  const std::map<std::pair<std::string_view, std::string_view>, std::uint64_t>& all() const noexcept {
    return counts_;
  }

 private:
  std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> counts_;
};

}  // namespace lastcall::broker
