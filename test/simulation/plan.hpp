#pragma once

#include "simulation/byte_faults.hpp"
#include "simulation/dice.hpp"
#include "worker/options.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lastcall::simulation {

/// How often the service and the way to it go wrong. Drawn as a swarm: most rates are zero in most runs, so
/// that some runs have one fault only and some have all.
struct fault_plan {
  std::chrono::nanoseconds latency_least{};  ///< of each direction
  std::chrono::nanoseconds latency_most{};
  double slow{};  ///< how often a direction takes up to `slow_most`
  std::chrono::nanoseconds slow_most{};
  double request_lost{};   ///< no effect, no answer
  double request_reset{};  ///< no effect, and the caller sees its connection break
  double answer_lost{};    ///< effect, but no answer
  double answer_reset{};   ///< effect, and the caller sees its connection break
  double throttled{};
  double failing{};  ///< 500
  double expired{};  ///< the credentials have expired
  double over_limit{};
  double partial{};       ///< an entry of a batch is not carried out
  double partial_done{};  ///< an entry is carried out and nevertheless reported as failed
  double corrupt{};       ///< a received message does not fit its MD5
  double duplicates{};
  bool reorder{false};
  bool ghosts{false};  ///< a request whose caller has given up can still arrive
  struct outage {
    std::chrono::nanoseconds from;
    std::chrono::nanoseconds to;
    bool answers;  ///< with 503, rather than not at all
  };
  std::vector<outage> outages;
  /// While it lasts the service carries out no delete, or no change of visibility; all else works.
  struct refusal {
    std::chrono::nanoseconds from;
    std::chrono::nanoseconds to;
    bool of_deletes;
  };
  std::optional<refusal> refusing;
  byte_faults bytes;  ///< none, unless the run is of that depth

  /// Whether every call is answered, soon and in full.
  bool all_is_well() const noexcept;
};

/// What the job of a message does.
struct job_plan {
  enum class kind {
    works,    ///< ends after `length`; when told to stop it stops at once
    saves,    ///< as `works`; when told it takes `save` to store where it stands
    finishes  ///< goes on when told: done after `length`, whatever is said
  };
  kind what{kind::works};
  std::chrono::nanoseconds length{};
  std::chrono::nanoseconds save{};
  unsigned failures{};  ///< so many runs go wrong before one succeeds
  enum class failure { failed, retried, retried_after, thrown } how{failure::failed};
};

struct message_plan {
  std::chrono::nanoseconds sent_at{};
  std::string group;
  job_plan job;
};

/// What happens to a process, and when: after the world's begin, or at one of its own steps.
struct event_plan {
  enum class kind { signal, quiet, kill, wall_step };
  kind what{kind::signal};
  std::chrono::nanoseconds at{};
  std::optional<std::size_t> at_step;
};

struct process_plan {
  worker::options options;
  std::size_t shards{1};
  std::chrono::nanoseconds starts_at{};
  std::vector<event_plan> events;
  std::uint64_t seed{};
};

/// A whole run, before it begins.
struct plan {
  std::uint64_t seed{};
  bool fifo{false};
  bool keep_order{true};
  std::optional<unsigned> most_receives;  ///< maxReceiveCount of the redrive policy
  std::chrono::nanoseconds horizon{};     ///< faults end, and every process is told to stop
  unsigned attempts{3};                   ///< of one call of the client
  fault_plan faults;
  std::vector<message_plan> messages;
  std::vector<process_plan> processes;
};

/// The run that a seed stands for.
plan draw(std::uint64_t seed);
/// The same run at the depth of bytes, with what can go wrong there.
plan draw_bytes(std::uint64_t seed);
/// In a few lines, for a person.
std::string describe(const plan&);

}  // namespace lastcall::simulation
