#pragma once

#include "app/option.hpp"
#include "worker/options.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace lastcall::app {

/// How a worker is set up: by `work` and by `demo`.
struct worker_settings {
  worker::options options;
  std::optional<std::chrono::nanoseconds> reserve;  ///< none: min(2 s, half of grace)
  std::size_t threads{1};
  std::string stop_idle{"wait"};
  std::string report;  ///< a file; empty: standard output alone
  std::string admin;   ///< an address; empty: no endpoint
};

/// The options that fill the settings, which must outlive them.
std::vector<option_group> worker_option_groups(worker_settings&);

/// What the worker is started with. Throws `refusal` with exit_config where settings do not go together.
worker::options checked_options(const worker_settings&);

}  // namespace lastcall::app
