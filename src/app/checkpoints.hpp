#pragma once

#include "app/option.hpp"
#include "app/shard.hpp"

#include <string>

namespace lastcall::app {

/// --checkpoints FILE.
option checkpoints_option(std::string& into);

/// The same jobs, which may save checkpoints: in the SQLite file `path`, or, where that is empty, in this
/// process's memory; all shards share them. Throws `refusal` with exit_config where the file can't be used.
make_job with_checkpoints(const std::string& path, make_job);

}  // namespace lastcall::app
