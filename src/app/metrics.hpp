#pragma once

#include "app/worker_status.hpp"

#include <string>

namespace lastcall::app {

/// The status in Prometheus' text format.
std::string metrics_text(const worker_status&);

}  // namespace lastcall::app
