#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lastcall::app {

/// How many letters must be typed, dropped, changed or swapped with their neighbour to make one word of the
/// other (optimal string alignment distance).
std::size_t typing_distance(std::string_view a, std::string_view b);

/// The one of `known` that `word` was probably meant to be; empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

/// "; did you mean 'x'?", or an empty text if none of `known` is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace lastcall::app
