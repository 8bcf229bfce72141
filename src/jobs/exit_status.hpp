#pragma once

namespace lastcall::jobs {

/// How a process ended.
struct exit_status {
  enum class kind {
    exited,     ///< by itself, with `code`
    signalled,  ///< by the signal `code`
    unknown     ///< it is gone, but something else in this process took its status
  };
  kind how{kind::exited};
  int code{0};
  bool core_dumped{false};

  bool operator==(const exit_status&) const = default;
};

}  // namespace lastcall::jobs
