#pragma once

#include <string>

namespace lastcall::broker {

class server;

/// What the server counts and holds, in Prometheus' text format.
std::string metrics_text(const server&);

}  // namespace lastcall::broker
