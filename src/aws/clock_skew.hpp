#pragma once

#include "base/error.hpp"
#include "http/message.hpp"
#include "runtime/clock.hpp"

#include <chrono>
#include <string_view>

namespace lastcall::aws {

/// How far the service's clock is ahead of ours: signatures are refused when they seem more than 5 minutes
/// off. Learned from refused requests, and unlearned when our clock is set right. Calls may overlap: each
/// tells with which correction it was signed.
class clock_skew {
 public:
  /// To be added to the time of day before signing.
  std::chrono::nanoseconds correction() const noexcept { return correction_; }

  /// One request and its answer, as the machine's clock saw them.
  struct observation {
    std::chrono::nanoseconds signed_with{0};
    wall_time sent_at;
    wall_time answered_at;
  };
  /// Learns from an answer; `error_code` is that of the service, empty for a success. True: the request was
  /// refused for its time, and one that is signed with the correction of now may pass.
  bool learn(const observation&, const http::headers& answer, std::string_view error_code) noexcept;

 private:
  std::chrono::nanoseconds correction_{0};
};

}  // namespace lastcall::aws
