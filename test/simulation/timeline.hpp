#pragma once

#include "simulation/trace.hpp"

#include <string>
#include <string_view>

namespace lastcall::simulation {

/// A run as a picture (SVG, readable on light and on dark ground): a lane for each process, with its polls, its
/// messages and their jobs, extensions, deletes and releases, its signals and the states of its drain, in virtual
/// time. What is drawn says more when pointed at.
std::string as_timeline(const trace&, std::string_view title);

}  // namespace lastcall::simulation
