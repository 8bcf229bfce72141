#pragma once

#include "base/error.hpp"
#include "http/message.hpp"

#include <chrono>
#include <lastcall/job.hpp>

namespace lastcall::jobs {

/// What becomes of the job after this answer: 2xx is done, 429 and 503 are `retry`, all else is `failed`, a
/// redirect too. Both come again when Retry-After says, which is measured from `now`.
outcome judge(const http::response&, std::chrono::system_clock::time_point now);
/// What becomes of the job without an answer; `told` is why it was told to stop, if it was.
outcome judge(const error&, stop_reason told);

}  // namespace lastcall::jobs
