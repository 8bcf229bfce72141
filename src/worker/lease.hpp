#pragma once

#include "runtime/clock.hpp"

#include <chrono>

namespace lastcall::worker {

/// The terms on which messages are leased: the visibility timeout, and SQS's limit of 12 hours from the
/// receive.
struct lease_terms {
  std::chrono::seconds visibility;
  static constexpr std::chrono::seconds limit = std::chrono::hours(12);

  /// How long before its end a lease counts as lost: the job must learn it in time (promise 5).
  std::chrono::nanoseconds notice() const noexcept;
};

/// One message's lease, as a pure machine. Times are those of the sending of the request that got or extended
/// it, never of the answer: so the end that we know is not later than the service's.
///
/// | from   | on                                | to     |                                              |
/// |--------|-----------------------------------|--------|----------------------------------------------|
/// | held   | `asking`                          | asking | an extension is sent at half of the timeout  |
/// | asking | `confirmed` before the loss       | held   | the end moves                                |
/// | asking | `unanswered`                      | held   | asked again soon, while there is time        |
/// | held, asking | `refused`, or the end comes within `notice` | lost | for good                    |
class lease {
 public:
  enum class due { nothing, extension, loss };

  /// `asked_at`: when the receive was sent. `spread` in [0, 1) keeps extensions of one batch apart.
  lease(const lease_terms&, steady_time asked_at, double spread) noexcept;

  due what_is_due(steady_time now) const noexcept;
  /// When `what_is_due` next changes by time alone.
  steady_time next_time() const noexcept;
  /// For how long to ask, from now: the visibility timeout, or what the 12 hours leave of it.
  std::chrono::seconds length_to_ask(steady_time now) const noexcept;

  /// Until when the answer to a delete or an extension is waited for: half of what is left, so that another try, on
  /// another connection, may still be answered in time.
  steady_time try_until(steady_time now) const noexcept;

  /// How long a message that is released may rest: the 12 hours count from its receive, not from its release,
  /// and asking past them is an error. A minute is kept for the request to be repeated.
  std::chrono::seconds longest_rest(steady_time now) const noexcept;

  void asking() noexcept;
  /// Answered with success at `now`. Whether that still counts: an answer that comes once the lease counts as
  /// lost does not bring it back, whether or not anyone has looked since.
  bool confirmed(steady_time now, steady_time asked_at, std::chrono::seconds length, double spread) noexcept;
  void unanswered(steady_time now) noexcept;
  void refused() noexcept { state_ = state::lost; }
  /// Whether the service can't have given the message to someone else yet.
  bool is_proven(steady_time now) const noexcept { return state_ != state::lost && now < lost_at(); }
  bool is_lost() const noexcept { return state_ == state::lost; }
  bool is_asking() const noexcept { return state_ == state::asking; }
  steady_time ends_at() const noexcept { return ends_at_; }

 private:
  enum class state { held, asking, lost };

  steady_time lost_at() const noexcept { return ends_at_ - terms_.notice(); }
  bool is_at_limit() const noexcept;
  void plan_extension(steady_time from, double spread) noexcept;

  lease_terms terms_;
  state state_{state::held};
  steady_time limit_at_;
  steady_time ends_at_;
  steady_time extend_at_;
};

}  // namespace lastcall::worker
