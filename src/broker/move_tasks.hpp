#pragma once

#include "broker/dead_letters.hpp"
#include "broker/registry.hpp"
#include "runtime/random.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace lastcall::broker {

/// Message move tasks: dead letters on their way back, or to another queue, at a rate.
/// They make progress when `run` is called.
class move_tasks {
 public:
  /// Messages that one `run` moves of a task without a rate: other work comes between.
  static constexpr std::int64_t unhurried_batch = 1000;

  move_tasks(registry& queues, dead_letters& dead, random& chance)
      : queues_(queues), dead_letters_(dead), random_(chance) {}

  answer<start_message_move_task_result> perform(const call&, const start_message_move_task_request&);
  answer<cancel_message_move_task_result> perform(const call&, const cancel_message_move_task_request&);
  answer<list_message_move_tasks_result> perform(const call&, const list_message_move_tasks_request&);

  /// Moves what is due.
  void run(moment now);
  /// When `run` has something to do.
  steady_time next_event() const noexcept;
  void clear() noexcept {
    tasks_.clear();
    unsaved_.clear();
  }

  bool has_changes() const noexcept { return !unsaved_.empty(); }
  void take_changes(change_set& into);
  /// Goes on at its rate from `now`: what a task would have moved meanwhile is not made up for.
  void restore(saved_task&&, moment now);

 private:
  enum class status { running, completed, cancelled, failed };
  struct task {
    std::string id;
    std::uint64_t source;  ///< the queue's id
    std::string source_arn;
    std::string destination_arn;  ///< empty: where each message came from
    std::optional<std::int64_t> per_second;
    moment started;
    std::int64_t to_move;
    std::int64_t moved{0};
    status state{status::running};
    std::string failure;
  };

  static std::string handle_of(const task&);
  static move_task_entry describe(const task&);
  static steady_time next_move(const task&) noexcept;
  answer<empty_result> check(const queue& source, const start_message_move_task_request&);
  std::optional<api_error> check_destination(const queue& source, const std::string& arn);
  void run(task&, moment now);
  /// Moves one message. False: there is none left, or the task has failed.
  bool move_one(task&, queue& source, moment now);

  registry& queues_;
  dead_letters& dead_letters_;
  random& random_;
  /// By the source's id, the newest first; at most ten are kept.
  std::map<std::uint64_t, std::deque<task>> tasks_;
  std::set<std::uint64_t> unsaved_;  ///< sources whose tasks have changed since `take_changes`
};

}  // namespace lastcall::broker
