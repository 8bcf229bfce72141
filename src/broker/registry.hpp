#pragma once

#include "broker/queue.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

namespace lastcall::broker {

/// All queues of the server, by address and by id, and which of them have changed since someone last looked.
class registry {
 public:
  using queues = std::map<queue_address, std::unique_ptr<queue>>;

  /// The queue that a QueueUrl means, brought up to `caller.now`.
  answer<queue*> find(const call& caller, std::string_view queue_url);
  /// nullptr: there is none.
  queue* find(const queue_address&) noexcept;
  queue* find(std::uint64_t id) noexcept;
  /// The queue of an ARN; nullptr also where the text is not the ARN of a queue.
  queue* find_arn(std::string_view arn) noexcept;

  /// The name is free.
  queue& create(queue_address, queue_settings, moment now);
  void remove(queue&, moment now);
  void clear();
  /// Whether a queue of this address was deleted in the 60 seconds before `now`.
  bool deleted_recently(const queue_address&, steady_time now);

  const queues& all() const noexcept { return queues_; }
  /// The queues of an account in a region whose names begin with `prefix`, by name.
  std::vector<queue*> list(const std::string& account, const std::string& region,
                           std::string_view prefix) const;

  /// To be called for each queue in which a message has come, gone or changed its time.
  void touch(queue&);
  /// Begins to note what changes, for `take_changes`.
  void record_changes();
  bool has_changes() const noexcept { return is_reset_ || !removed_.empty() || !unsaved_.empty(); }
  void take_changes(change_set& into, moment now);
  /// Forgets everything, also what has changed, and records no more.
  void forget() noexcept;
  void restore(const saved_counter& c) noexcept { last_id_ = c.last_queue_id; }
  queue& restore(saved_queue&&, moment now);
  void restore(const saved_deletion&, moment now);

  /// The queues touched since the last call, each once, deleted ones included.
  std::vector<std::uint64_t> take_changed();

 private:
  queue& add(std::unique_ptr<queue>);

  queues queues_;
  std::unordered_map<std::uint64_t, queue*> by_id_;
  std::map<queue_address, steady_time> deleted_;
  std::vector<std::uint64_t> changed_;
  std::uint64_t last_id_{0};
  bool is_recording_{false};
  bool is_reset_{false};
  std::vector<std::uint64_t> unsaved_;   ///< queues that have changed since `take_changes`
  std::vector<saved_deletion> removed_;  ///< since `take_changes`
};

}  // namespace lastcall::broker
