#pragma once

#include "broker/receipt_handle.hpp"
#include "runtime/clock.hpp"
#include "simulation/plan.hpp"
#include "simulation/trace.hpp"
#include "sqs/queue.hpp"
#include "worker/report.hpp"

#include <cstdint>
#include <lastcall/job.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace lastcall::simulation {

/// What the service knows of a message at this instant.
struct lease_state {
  bool exists{};
  std::uint32_t lease{};  ///< counts its receives: which of them is the newest
  bool in_flight{};
  steady_time due{};  ///< the end of the newest lease
};

/// The truth about the queue.
class truth {
 public:
  virtual ~truth() = default;
  virtual lease_state look(std::uint64_t serial) const = 0;
};

/// One ReceiveMessage of a process.
struct poll_record {
  std::size_t process{};
  std::uint64_t number{};
  steady_time asked_at{};
  int most{};
  std::chrono::seconds wait{};
  std::string attempt_id;
  bool is_over{false};  ///< the process has its answer, or has given it up
};
using poll_ptr = std::shared_ptr<poll_record>;

/// One run of a job. `subject` is looked at only while it runs.
struct job_record {
  std::size_t process{};
  std::uint64_t number{};
  broker::receipt receipt{};
  std::size_t message{};
  const job* subject{};
  steady_time began{};
  steady_time ended{};
  std::optional<outcome::kind> result;
  bool noticed{false};                  ///< it knows that it is to stop
  stop_reason told{stop_reason::none};  ///< when it ended
  steady_time stop_deadline{steady_time::max()};
  bool is_running() const noexcept { return subject != nullptr; }
};

/// Judges a run by the promises (design, section 2), from what the service and the jobs truly did, never from
/// the worker's own books. Every check is made in the instant in which the promise could be broken.
class oracle {
 public:
  oracle(const plan&, trace&, const lastcall::clock& world);
  void set_truth(const truth& t) noexcept { truth_ = &t; }

  // What the world does.
  void process_began(std::size_t process, const worker::options&, std::size_t shards);
  void signalled(std::size_t process, unsigned count);  ///< 1: the first, 2: the second
  void quieted(std::size_t process);
  /// The process has ended without a report of its own: killed, or by a third signal.
  void cut_off(std::size_t process);
  void exited(std::size_t process, const worker::report&, bool is_clean);

  // What the service does.
  void sent(std::size_t message);
  void granted(const poll_ptr&, const broker::receipt&, std::size_t message);
  void deleted(std::size_t process, const broker::receipt&);
  void changed(std::size_t process, const broker::receipt&, std::chrono::seconds after, bool caller_has_gone);

  // What a process does at the seam.
  void receive_sent(const poll_ptr&);
  void receive_over(const poll_ptr&, const result<sqs::receive_answer>&);
  void deletes_sent(std::size_t process, const std::vector<std::string>& handles);
  void changes_sent(std::size_t process, const std::vector<sqs::visibility_change>&);
  /// `is_answered`: not so, the process may try again, after a pause.
  void call_over(std::size_t process, bool is_answered);

  // What its jobs do.
  std::shared_ptr<job_record> job_began(std::size_t process, const job&);
  void job_noticed(job_record&);
  void job_ended(job_record&, outcome::kind);

  /// At the very end: the messages that are still in the queue or the dead-letter queue.
  void finished(const std::vector<std::size_t>& present);
  void violated(int promise, std::string what);

  bool has_failed() const noexcept { return !failure_.empty(); }
  int broken_promise() const noexcept { return promise_; }
  const std::string& failure() const noexcept { return failure_; }

 private:
  struct lease_record {
    broker::receipt receipt{};
    std::size_t process{};
    std::size_t message{};
    poll_ptr poll;
    bool delivered{false};
    bool corrupt{false};
    unsigned receive_count{1};
    steady_time delivered_at{};
    std::shared_ptr<job_record> run;
    std::optional<steady_time> release_sent_at;
    bool may_be_released{false};          ///< a change was sent that can be an extension or a release
    bool touched_late{false};             ///< a request took effect whose caller had given it up
    std::optional<steady_time> freed_at;  ///< a release of it took effect
  };
  struct conduct {
    worker::options options;
    std::size_t shards{1};
    bool is_over{false};
    std::optional<steady_time> drained_at;
    std::optional<steady_time> pressed_at;
    std::optional<steady_time> quiet_at;
    std::set<std::string> attempts;
    std::size_t open_polls{0};
    std::size_t asked{0};
    std::size_t running{0};
    std::size_t held{0};
    std::uint64_t delivered{0};
    std::uint64_t late{0};
    std::uint64_t effective_deletes{0};
    std::uint64_t jobs_ended{0};
    bool lost_a_poll{false};
    std::chrono::seconds longest_wait{0};
    steady_time last_obligation{};  ///< until when there was something to do or to wait for
    std::vector<lease_record*> leases;
    steady_time cut_at() const { return *drained_at + options.grace - options.reserve; }
    steady_time gone_at() const { return *drained_at + options.grace; }
  };

  steady_time now() const noexcept { return clock_.now(); }
  static std::uint64_t key(const broker::receipt& r) noexcept { return (r.serial << 32) | r.lease; }
  lease_record* find(const std::string& handle);
  bool is_current(const broker::receipt&) const;
  bool is_draining(const conduct& c) const { return c.drained_at && now() > *c.drained_at; }
  void check_start(const conduct&, const lease_record&, const job_record&);
  void check_group(const lease_record&, const job_record&);
  void check_told(const job_record&);
  void check_bounds(const conduct&, std::size_t process);
  /// Whether there was time enough at the end for a request and its answer.
  bool has_time_at_the_end(const conduct&) const;
  void check_held_at_exit(std::size_t process, const worker::report&);
  void check_books(const conduct&, const worker::report&, bool is_clean);
  std::string name(const broker::receipt&, std::size_t message) const;

  const plan& plan_;
  trace& trace_;
  const lastcall::clock& clock_;
  const truth* truth_{};
  std::unordered_map<std::uint64_t, lease_record> leases_;
  std::vector<conduct> processes_;
  std::vector<std::shared_ptr<job_record>> running_;
  std::vector<bool> was_sent_;
  std::vector<bool> was_done_;
  std::uint64_t numbers_{0};
  int promise_{0};
  std::string failure_;
};

}  // namespace lastcall::simulation
