#pragma once

#include "app/worker_status.hpp"

#include <string>

namespace lastcall::app {

/// The status in Prometheus' text format 0.0.4. Every number exists already in the worker's books, so it is
/// only written out here: a metrics library would keep a second set of counters beside those.
std::string metrics_text(const worker_status&);

}  // namespace lastcall::app
