#pragma once

#include "runtime/clock.hpp"
#include "worker/report.hpp"

#include <string>

namespace lastcall::app {

/// The report at exit as one line of JSON, without its end. The keys are a contract: see "The report" in
/// README.md. `now` is what `visible_in_s` counts from.
std::string report_json(const worker::report&, steady_time now);

}  // namespace lastcall::app
