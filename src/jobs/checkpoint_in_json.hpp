#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lastcall::jobs {

/// The cursor in a JSON object with the member `checkpoint`: a text as it is, any other value as JSON. None
/// where there is no such member, it is null, or the text is no JSON object that `is_json` takes.
std::optional<std::string> checkpoint_in_json(std::string_view text);

}  // namespace lastcall::jobs
