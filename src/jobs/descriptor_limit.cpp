#include "jobs/descriptor_limit.hpp"

namespace lastcall::jobs {
namespace {

rlimit inherited{};
bool is_raised = false;

}  // namespace

void raise_descriptor_limit() noexcept {
  if (is_raised || ::getrlimit(RLIMIT_NOFILE, &inherited) != 0) return;
  const rlimit most{inherited.rlim_max, inherited.rlim_max};
  is_raised = inherited.rlim_cur < inherited.rlim_max && ::setrlimit(RLIMIT_NOFILE, &most) == 0;
}

const rlimit* inherited_descriptor_limit() noexcept { return is_raised ? &inherited : nullptr; }

}  // namespace lastcall::jobs
