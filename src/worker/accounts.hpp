#pragma once

#include "base/duration_histogram.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lastcall::worker {

/// Sums since the start. received = deleted + released + lost + left behind, at the end (promise 9).
struct totals {
  std::uint64_t received{};
  std::uint64_t deleted{};
  std::uint64_t released{};  ///< made visible again: failed, cut, or never started
  std::uint64_t late{};      ///< of the received: came after the drain began and was not started
  std::uint64_t lost{};      ///< the lease ended before the message could be settled; SQS delivers it again
  std::uint64_t corrupt{};   ///< of the released: the content did not fit its MD5
  std::uint64_t jobs_done{};
  std::uint64_t jobs_failed{};
  std::uint64_t jobs_retried{};
  std::uint64_t jobs_cut{};
  std::uint64_t jobs_lost{};  ///< ended after their lease was lost: their success did not count
  std::uint64_t extended{};   ///< visibility extensions that the service has confirmed
  std::uint64_t polls{};      ///< receives answered
  std::uint64_t polls_failed{};
  std::uint64_t polls_aborted{};  ///< receives given up at the end: what is leased to them later is stranded
};

/// How long the jobs that `totals` counts took, and how old messages were when theirs began.
struct timings {
  duration_histogram jobs_done;
  duration_histogram jobs_failed;
  duration_histogram jobs_retried;
  duration_histogram jobs_cut;
  duration_histogram jobs_lost;
  duration_histogram age_at_first_start;
  duration_histogram age_at_later_start;  ///< of messages that had been received before
};

/// What a job ended as, where it is counted and timed.
struct job_end {
  std::uint64_t totals::* sum;
  duration_histogram timings::* took;
};
inline constexpr job_end job_was_done{&totals::jobs_done, &timings::jobs_done};
inline constexpr job_end job_has_failed{&totals::jobs_failed, &timings::jobs_failed};
inline constexpr job_end job_is_retried{&totals::jobs_retried, &timings::jobs_retried};
inline constexpr job_end job_was_cut{&totals::jobs_cut, &timings::jobs_cut};
inline constexpr job_end job_was_lost{&totals::jobs_lost, &timings::jobs_lost};

/// A message that this process still holds, or gave up with its lease running.
struct holding {
  std::string message_id;
  std::string why;
  steady_time visible_at;  ///< when its lease ends, if nothing is done
};

/// The books: what became of every message, of all shards. Any thread may call any function, so that a report
/// can be written even while the loops are stuck.
class accounts {
 public:
  /// A message was received and is held from now on. `held` is unique in the process.
  void received(std::uint64_t held, std::string_view message_id, steady_time lease_ends, bool late);
  void extended(std::uint64_t held, steady_time lease_ends);
  /// Why the message would be left behind if the process ended now.
  void note(std::uint64_t held, std::string_view why);
  void deleted(std::uint64_t held);
  void released(std::uint64_t held);
  void lost(std::uint64_t held);

  /// A receive is sent: the service may lease messages to it until then, whether we read its answer or not.
  void receive_sent(steady_time may_lease_until);
  /// Its answer will not be read.
  void receive_lost(steady_time may_lease_until);
  /// Until when a message that becomes visible can be caught by a receive of ours whose answer we do not
  /// read. `all_closed`: none is open; otherwise each that is may be lost.
  steady_time receives_linger_until(bool all_closed) const;

  /// Adds one to a sum that is not about a message's end.
  void count(std::uint64_t totals::* sum, std::uint64_t by = 1);

  /// A job begins whose message was sent `age` ago, and received this often.
  void job_started(std::chrono::nanoseconds age, unsigned receive_count);
  void job_ended(job_end, std::chrono::nanoseconds took);

  // For `drain_when_empty`: how often the jobs of which messages have failed in this run.

  /// A job begins. True: its message is not given up, so this may get the run further.
  bool try_begins(std::string_view message_id);
  enum class try_end { done, failed, neither };
  /// It ends. `may_help`: what `try_begins` said. `most`: a message that has failed so often is given up.
  void try_ended(std::string_view message_id, try_end, bool may_help, unsigned most);
  /// How many messages are given up and were not done since.
  std::size_t given_up() const;
  /// Whether the run only goes round: since anything else began or ended, each message that is given up has been tried
  /// once more, and has failed.
  bool goes_round() const;
  /// Asks for another round before `goes_round` is true again.
  void begin_round();

  totals sums() const;
  timings times() const;
  std::vector<holding> held() const;
  std::size_t held_count() const;

 private:
  void settle(std::uint64_t held, std::uint64_t totals::* sum);
  void next_round();

  mutable std::mutex mutex_;
  totals sums_;
  timings times_;
  std::unordered_map<std::uint64_t, holding> held_;
  struct failures {
    unsigned count{};
    std::uint64_t round{};  ///< in which it failed last, once it was given up
    bool is_given_up{false};
  };
  std::unordered_map<std::string, failures> failures_;
  std::size_t given_up_{0};
  std::size_t helpful_{0};  ///< jobs that run and may get the run further
  std::uint64_t round_{1};
  std::size_t failed_in_round_{0};  ///< of those given up
  steady_time sent_receives_end_{};
  steady_time lost_receives_end_{};
};

}  // namespace lastcall::worker
