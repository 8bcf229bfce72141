#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace lastcall::simulation {

/// What goes wrong only where there are bytes, connections and signatures; the rest is in `fault_plan`.
struct byte_faults {
  double refused{};      ///< of connections: nobody listens
  double unreachable{};  ///< of connections: nobody answers
  double dribble{};      ///< of what is written: it comes byte by byte, with pauses
  std::chrono::nanoseconds dribble_pause{};
  double split{};  ///< of what is written: it comes in a few pieces, cut anywhere
  /// After this long the server closes a connection that rests: shorter than the client's own patience, so
  /// that a request may be written just then.
  std::chrono::nanoseconds server_patience{std::chrono::seconds(75)};
  bool advises{false};  ///< throttling answers say when to come again
  /// Temporary credentials live this long; none: for good.
  std::optional<std::chrono::nanoseconds> credentials_life;
  double credentials_fail{};  ///< of fetches of credentials
  double credentials_hang{};
  /// The processes' clocks are this far off the service's.
  std::chrono::nanoseconds clock_offset{};

  /// Whether a call may fail, or take longer than its way, because of these.
  bool any() const noexcept;
};

/// Those of the run that a seed stands for. A swarm, as the others.
byte_faults draw_byte_faults(std::uint64_t seed);
std::string describe(const byte_faults&);

}  // namespace lastcall::simulation
