#pragma once

#include "broker/api.hpp"
#include "broker/queue_address.hpp"
#include "broker/stored_message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What an engine holds, as records for whoever keeps them: flat values, with the times of the clock on the
/// wall, which goes on while no process runs.
namespace lastcall::broker {

inline wall_time wall_of(steady_time t, moment now) noexcept {
  return now.wall + std::chrono::duration_cast<wall_time::duration>(t - now.steady);
}
inline steady_time steady_of(wall_time t, moment now) noexcept { return now.steady + (t - now.wall); }

struct saved_queue {
  std::uint64_t id{};
  queue_address address;
  text_map attributes;
  text_map tags;
  wall_time created{};
  wall_time modified{};
  std::optional<wall_time> purged;
  std::uint64_t last_serial{};
};

/// What changes of a message while it is in a queue.
struct saved_state {
  std::uint64_t queue_id{};
  std::uint64_t serial{};
  stored_message::state where{};
  std::uint64_t place{};
  wall_time due{};  ///< of what is delayed or in flight
  wall_time leased_at{};
  wall_time first_received_at{};
  std::uint32_t receive_count{};
  std::uint32_t lease{};
  bool visibility_changed{};
};

struct saved_message {
  saved_state state;
  std::string id;
  std::string body;
  std::string md5_of_body;
  std::string sender_id;
  std::string group_id;
  message_extras extras;
  wall_time sent_at{};
  wall_time enqueued{};
};

/// What a FIFO queue remembers of a message that was sent to it.
struct saved_acceptance {
  std::uint64_t queue_id{};
  std::string key;
  std::string message_id;
  std::uint64_t serial{};
  wall_time forgotten{};
};

/// What a FIFO queue remembers of a receive attempt.
struct saved_attempt {
  struct given {
    std::uint64_t serial;
    std::uint32_t lease;
  };
  std::uint64_t queue_id{};
  std::string id;
  std::vector<given> messages;
  wall_time forgotten{};
};

struct saved_task {
  std::uint64_t source{};   ///< the queue's id
  std::int64_t position{};  ///< 0: the newest of its source
  std::string id;
  std::string source_arn;
  std::string destination_arn;
  std::optional<std::int64_t> per_second;
  wall_time started{};
  std::int64_t to_move{};
  std::int64_t moved{};
  int state{};
  std::string failure;
};

/// A queue that was deleted: SQS keeps its name back for a while.
struct saved_deletion {
  std::uint64_t queue_id{};
  queue_address address;
  wall_time when{};
};

/// The ids of queues count on, whatever becomes of the queues: receipt handles name them.
struct saved_counter {
  std::uint64_t last_queue_id{};
};

/// What an engine is restored from: the counter and queues first, then what is in them.
using saved_record = std::variant<saved_counter, saved_queue, saved_message, saved_acceptance, saved_attempt,
                                  saved_task, saved_deletion>;

/// What has changed since the last time. To be applied in the order of the members.
struct change_set {
  struct serial_of {
    std::uint64_t queue_id;
    std::uint64_t serial;
  };
  struct tasks_of {
    std::uint64_t source;
    std::vector<saved_task> tasks;
  };

  bool is_reset{false};  ///< all that was is gone
  std::uint64_t last_queue_id{};
  std::vector<saved_deletion> deleted;  ///< queues, with all that was in them
  std::vector<saved_queue> queues;      ///< made or changed
  std::vector<std::uint64_t> cleared;   ///< queues whose messages and memories are gone
  std::vector<serial_of> last_serials;  ///< of queues that have counted on
  std::vector<saved_message> added;
  std::vector<saved_state> changed;
  std::vector<serial_of> removed;
  std::vector<saved_acceptance> accepted;
  std::vector<saved_attempt> attempts;
  std::vector<tasks_of> tasks;  ///< in place of those that the source had
};

}  // namespace lastcall::broker
