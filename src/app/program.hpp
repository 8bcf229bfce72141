#pragma once

#include "app/command.hpp"
#include "app/shard.hpp"

#include <string>

namespace lastcall::app {

/// Options of every command.
struct common_settings {
  std::string config_file;
  std::string log_level;  ///< empty: the command's own default
  std::string log_format{"text"};
};

/// The tree of all commands. `common` must outlive it.
command make_program(common_settings& common);

/// A program of its own name that does what `work` does, with a job of its own. `common` must outlive it.
command make_own_program(common_settings& common, std::string name, make_job);

// One file each.
command demo_command();
command work_command();
command own_job_command(make_job);
command serve_command();
command send_command();
command queue_command();
command bench_command();

}  // namespace lastcall::app
