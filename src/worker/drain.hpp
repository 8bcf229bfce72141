#pragma once

#include <string_view>

namespace lastcall::worker {

/// The states of a worker; they go one way.
enum class drain_state { running, closing, finishing, cutting, stopped };

constexpr std::string_view name_of(drain_state s) noexcept {
  switch (s) {
    case drain_state::running: return "running";
    case drain_state::closing: return "closing";
    case drain_state::finishing: return "finishing";
    case drain_state::cutting: return "cutting";
    case drain_state::stopped: return "stopped";
  }
  return "?";
}

}  // namespace lastcall::worker
