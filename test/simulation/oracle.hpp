#pragma once

#include "broker/receipt_handle.hpp"
#include "runtime/clock.hpp"
#include "simulation/lease_record.hpp"
#include "simulation/plan.hpp"
#include "simulation/trace.hpp"
#include "sqs/queue.hpp"
#include "worker/report.hpp"

#include <cstdint>
#include <lastcall/job.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
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

/// Judges a run by the promises (design, section 2), from what the service and the jobs truly did and from
/// what was asked and answered at the worker's seam, never from the worker's own books. Every check is made
/// in the instant in which the promise could be broken.
class oracle {
 public:
  using batch_answer = result<std::vector<sqs::batch_failure>>;

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

  // What a process does at the seam: each call as it is sent, and when it is over.
  void receive_sent(const poll_ptr&);
  void receive_over(const poll_ptr&, const result<sqs::receive_answer>&);
  void deletes_sent(std::size_t process, const std::vector<std::string>& handles);
  void deletes_over(std::size_t process, const std::vector<std::string>& handles, const batch_answer&);
  void changes_sent(std::size_t process, const std::vector<sqs::visibility_change>&);
  void changes_over(std::size_t process, const std::vector<sqs::visibility_change>&, steady_time sent_at,
                    const batch_answer&);

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
  /// What a process has been told, and what it did.
  struct conduct {
    worker::options options;
    std::size_t shards{1};
    bool is_over{false};
    std::optional<steady_time> drained_at;
    std::optional<steady_time> pressed_at;
    std::optional<steady_time> quiet_at;
    std::unordered_set<std::string> attempts;
    std::size_t open_polls{0};
    std::size_t asked{0};  ///< messages, by the open receives
    std::size_t running{0};
    std::uint64_t delivered{0};
    std::uint64_t late{0};          ///< of them, after it was told to stop
    std::uint64_t late_perhaps{0};  ///< of them, in the very instant in which it was told to stop
    bool lost_a_poll{false};
    std::chrono::seconds longest_wait{0};
    steady_time last_obligation{};  ///< until when there was something to do or to wait for
    std::vector<lease_record*> leases;
    std::vector<lease_record*> holding;  ///< of them, those that were not settled at the last look

    steady_time gone_at() const { return *drained_at + options.grace; }
    /// When jobs are told to stop.
    steady_time cut_at() const {
      const steady_time cut = gone_at() - options.reserve;
      return pressed_at ? std::min(cut, *pressed_at) : cut;
    }
    /// When what is not answered is left behind.
    steady_time end_at() const {
      return gone_at() -
             std::min<std::chrono::nanoseconds>(options.reserve / 8, std::chrono::milliseconds(250));
    }
    /// When jobs that go on are given up, and open receives with them.
    steady_time give_up_at() const {
      return gone_at() - std::min<std::chrono::nanoseconds>(options.reserve / 4, std::chrono::seconds(1));
    }
  };

  steady_time now() const noexcept { return clock_.now(); }
  static std::uint64_t key(const broker::receipt& r) noexcept { return (r.serial << 32) | r.lease; }
  /// nullptr: it was never delivered.
  lease_record* find(const std::string& handle);
  /// Whether the service still counts the message as leased to that receive.
  bool is_current(const broker::receipt&) const;
  bool is_draining(const conduct& c) const { return c.drained_at && now() > *c.drained_at; }
  std::string name(const broker::receipt&, std::size_t message) const;
  std::string name(const lease_record& l) const { return name(l.receipt, l.message); }

  void deliver(conduct&, const poll_ptr&, const message&, bool corrupt);
  bool may_release(const lease_record&) const;
  void check_extension(std::size_t process, const lease_record&);
  void check_release(std::size_t process, const lease_record&, std::chrono::seconds after);
  void check_bounds(conduct&, std::size_t process);
  /// One entry of a delete or a release is not carried out, or it is not known.
  void failed(conduct&, lease_record&);
  /// One entry of a delete, of a release or of what can be a release is confirmed.
  void settled(lease_record&, bool& how);

  void check_start(const conduct&, const lease_record&, const job_record&);
  void check_group(const lease_record&, const job_record&);
  void check_told(const job_record&, const lease_record&);
  /// That a job which has not been told anything has its lease, and time.
  void check_untold(const job_record&);

  bool has_time_at_the_end(const conduct&) const;
  void check_held_at_exit(std::size_t process, const worker::report&);
  void check_left_behind(std::size_t process, const worker::report&);
  std::chrono::nanoseconds longest_pause(const conduct&, const lease_record&) const;
  void check_books(const conduct&, const worker::report&, bool is_clean);
  void check_jobs(const conduct&, const worker::totals&);

  const plan& plan_;
  trace& trace_;
  const lastcall::clock& clock_;
  const truth* truth_{};
  std::unordered_map<std::uint64_t, lease_record> leases_;
  std::unordered_map<std::string, lease_record*> by_handle_;  ///< of what was delivered
  std::vector<conduct> processes_;
  std::vector<std::shared_ptr<job_record>> running_;
  std::vector<bool> was_sent_;
  std::vector<bool> was_done_;
  std::uint64_t numbers_{0};
  int promise_{0};
  std::string failure_;
};

}  // namespace lastcall::simulation
