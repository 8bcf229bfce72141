#pragma once

#include "broker/receipt_handle.hpp"
#include "runtime/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <lastcall/job.hpp>
#include <memory>
#include <optional>
#include <string>

namespace lastcall::simulation {

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
  bool ended_in_time{false};   ///< while the lease was certain
  bool ended_too_late{false};  ///< when it was certainly lost
  bool is_running() const noexcept { return subject != nullptr; }
};

/// What its holder can know of a lease, from what it asked, when, and what was answered: how long it may
/// count on it, and from when on it must count it as lost, whatever the service thinks. Stated here from the
/// rules, not from the worker's code.
class provable_lease {
 public:
  provable_lease() = default;
  provable_lease(steady_time asked_at, std::chrono::seconds visibility) noexcept;

  /// An extension that was asked for at `asked_at` is confirmed now. False: too late, the lease is lost.
  bool confirmed(steady_time asked_at, std::chrono::seconds length, steady_time now) noexcept;
  /// The service says now that the receipt is worth nothing.
  void refused(steady_time now) noexcept { refused_at_ = std::min(refused_at_, now); }

  /// From here on the lease counts as lost: a tenth of the visibility timeout before the end that is proven,
  /// at least 100 ms and at most 5 s.
  steady_time lost_at() const noexcept { return std::min(ends_at_ - notice_, refused_at_); }
  /// Two events of the same instant come in any order; so there is an instant in which a lease may be lost
  /// and need not be.
  bool may_be_lost(steady_time now) const noexcept { return is_tie_ || now >= lost_at(); }
  bool must_be_lost(steady_time now) const noexcept { return !is_tie_ && now > lost_at(); }
  /// For its holder, who decides by the same clock: from that instant on.
  bool is_over(steady_time now) const noexcept { return !is_tie_ && now >= lost_at(); }
  /// How long an extension that is sent now may ask for: SQS ends every lease 12 hours after the receive.
  std::chrono::seconds length_to_ask(steady_time now) const noexcept;
  /// Whether that leaves too little to gain for a request.
  bool is_at_limit() const noexcept;

 private:
  steady_time received_at_{};
  steady_time ends_at_{};
  std::chrono::nanoseconds notice_{};
  std::chrono::seconds visibility_{};
  steady_time refused_at_{steady_time::max()};
  bool is_tie_{false};
};

/// One receive of one message, as the oracle follows it.
struct lease_record {
  broker::receipt receipt{};
  std::size_t process{};
  std::size_t message{};
  poll_ptr poll;
  // From the delivery on.
  std::uint64_t number{};  ///< in the trace
  bool delivered{false};
  bool corrupt{false};
  unsigned receive_count{1};
  std::string message_id;
  steady_time delivered_at{};
  provable_lease provable;
  std::shared_ptr<job_record> run;
  // What its holder asked for, and what came of it.
  unsigned open_requests{0};
  bool delete_sent{false};         ///< from then on the service may know its receipt no more
  bool asked{false};               ///< something was sent since the lease was last proven
  steady_time failed_at{};         ///< the last request that was not answered, or failed
  unsigned failed_settlements{0};  ///< deletes and releases that were not answered, or failed
  std::optional<steady_time> release_sent_at;
  bool may_be_released{false};   ///< a change was sent that can be an extension or a release
  bool deleted{false};           ///< confirmed, in time
  bool deleted_perhaps{false};   ///< confirmed in the very instant in which the lease was lost
  bool released{false};          ///< confirmed
  bool released_perhaps{false};  ///< what was confirmed can be an extension or a release
  // What truly happened at the service.
  bool touched_late{false};             ///< a request took effect whose caller had given it up
  std::optional<steady_time> freed_at;  ///< a release of it took effect

  bool is_running() const noexcept { return run && run->is_running(); }
};

}  // namespace lastcall::simulation
