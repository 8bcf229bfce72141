#pragma once

#include "base/error.hpp"
#include "http/message.hpp"

#include <chrono>
#include <cstddef>
#include <lastcall/job.hpp>
#include <optional>
#include <string>

namespace lastcall::jobs {

/// What becomes of the job after this answer: 2xx is done, 429 and 503 are `retry`, all else is `failed`, a
/// redirect too. Both come again when Retry-After says, which is measured from `now`.
outcome judge(const http::response&, std::chrono::system_clock::time_point now);
/// What becomes of the job without an answer; `told` is why it was told to stop, if it was.
outcome judge(const error&, stop_reason told);

/// The most that the http job keeps of a cursor: it comes back in a header, and servers allow no more.
inline constexpr std::size_t largest_http_checkpoint = 4096;

/// The cursor in an answer: the header X-Lastcall-Checkpoint, else the member `checkpoint` of a body that is a
/// JSON object, a text as it is, any other value as JSON. None where there is none.
std::optional<std::string> checkpoint_in(const http::response&);

}  // namespace lastcall::jobs
