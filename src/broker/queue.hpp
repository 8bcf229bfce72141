#pragma once

#include "broker/deduplication.hpp"
#include "broker/queue_address.hpp"
#include "broker/queue_changes.hpp"
#include "broker/queue_settings.hpp"
#include "broker/receipt_handle.hpp"
#include "broker/receive_attempts.hpp"
#include "broker/saved.hpp"
#include "broker/stored_message.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace lastcall::broker {

/// The messages of one group on a FIFO queue, of one tenant on a standard queue; those without a group share
/// one.
struct message_group : boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>> {
  const std::string* id{nullptr};
  message_order<waiting_tag, by_place> available;
  std::size_t in_flight{0};
  std::size_t size{0};
};

struct by_first_place {
  bool operator()(const message_group& a, const message_group& b) const noexcept {
    return a.available.begin()->place < b.available.begin()->place;
  }
};

/// One queue: which message is where, and what time does to it. Every call that gives the time expects that
/// it does not go back. Each operation costs at most the logarithm of what is in the queue.
class queue {
 public:
  queue(std::uint64_t id, queue_address, queue_settings, moment created);
  ~queue();
  queue(const queue&) = delete;
  queue& operator=(const queue&) = delete;

  std::uint64_t id() const noexcept { return id_; }
  const queue_address& address() const noexcept { return address_; }
  const std::string& arn() const noexcept { return arn_; }
  const queue_settings& settings() const noexcept { return settings_; }
  bool is_fifo() const noexcept { return settings_.fifo; }
  /// On a FIFO queue a new delay holds for messages already there as well; on a standard queue it does not.
  void change_settings(queue_settings, moment now);
  const text_map& tags() const noexcept { return tags_; }
  void change_tags(text_map);

  /// Ends the delays, leases and lives that are over at `now`. Every other call expects that this has been
  /// done.
  void advance(steady_time now);
  /// When `advance` has something to do that may make a message receivable.
  steady_time next_event() const noexcept;

  /// Takes a message in, after `delay`. `scatter` shifts its place behind later ones (reordering on standard
  /// queues).
  stored_message& put(std::unique_ptr<stored_message>, steady_time now, std::chrono::seconds delay,
                      std::uint64_t scatter = 0);
  /// Leases up to `max` messages. Those that were received `max_receive_count` times already go to `dead`
  /// instead.
  std::vector<stored_message*> receive(moment now, std::chrono::seconds visibility, std::size_t max,
                                       std::uint32_t max_receive_count,
                                       std::vector<std::unique_ptr<stored_message>>& dead);
  /// The message of a receipt, whatever its state; nullptr once it is deleted.
  stored_message* find(const receipt&) noexcept;
  stored_message* find(std::uint64_t serial) noexcept;
  /// The oldest available message, in the order of arrival of what can be received; nullptr if there is none.
  stored_message* first_available() noexcept;
  /// Up to `max` messages in the order of their age, whatever their state.
  std::vector<const stored_message*> oldest(std::size_t max) const;
  std::unique_ptr<stored_message> take(stored_message&);
  /// Hides a message, in flight or available, for this long from now on; with 0 it is available at once.
  void hide(stored_message&, steady_time now, std::chrono::seconds visibility);
  /// Undoes the newest receive of a message, as if it had not been.
  void give_back(stored_message&);
  /// Drops all messages, and what is remembered of past ones.
  void purge(steady_time now);
  std::optional<steady_time> last_purge() const noexcept { return purged_; }

  std::size_t size() const noexcept { return messages_.size(); }
  std::size_t delayed() const noexcept { return delayed_; }
  std::size_t in_flight() const noexcept { return in_flight_; }
  std::size_t available() const noexcept { return messages_.size() - delayed_ - in_flight_; }
  /// The oldest message's age; zero where there is none.
  std::chrono::nanoseconds oldest_age(steady_time now) const noexcept;

  /// Begins to note what changes, for `take_changes`. The queue lists itself in `unsaved` when there is
  /// something; `is_new` where all of it is.
  void record_changes(std::vector<std::uint64_t>& unsaved, bool is_new);
  void take_changes(change_set& into, moment now);
  /// What a queue was when it was saved, for one that has just been made and records nothing yet.
  void restore(saved_queue&&, moment now);
  void restore(saved_message&&, const std::string& sender_id, moment now);
  void restore(saved_acceptance&&, moment now);
  void restore(saved_attempt&&, moment now);

  // What belongs to the queue and has no rules here.
  wall_time created{};
  wall_time modified{};
  /// Messages that clients have sent, received (each as often as it was) and deleted.
  struct {
    std::uint64_t sent{0}, received{0}, deleted{0};
  } totals;
  broker::deduplication deduplication;
  receive_attempts attempts;
  /// Set while the engine's list of changed queues holds this one.
  bool listed_as_changed{false};

 private:
  using state = stored_message::state;

  void drop_all() noexcept;
  void note(const stored_message&, queue_changes::kind);
  saved_state state_of(const stored_message&, moment now) const;
  saved_message saved(const stored_message&, moment now) const;
  message_group* next_group() noexcept;
  bool is_noisy(const message_group&) const noexcept;
  void lease(stored_message&, moment now, std::chrono::seconds visibility);
  void make_available(stored_message&);
  void make_due(stored_message&, state, steady_time when);
  void leave(stored_message&);
  void list(message_group&);
  void unlist(message_group&);
  message_group& group_of(const std::string& id);
  void drop_if_empty(message_group&);
  std::unique_ptr<stored_message> detach(stored_message&);

  const std::uint64_t id_;
  const queue_address address_;
  const std::string arn_;
  queue_settings settings_;
  text_map tags_;
  std::optional<steady_time> purged_;
  std::unordered_map<std::uint64_t, std::unique_ptr<stored_message>> messages_;
  std::unordered_map<std::string, message_group> groups_;
  /// Groups from which something can be received, by the place of their first message.
  boost::intrusive::multiset<message_group, boost::intrusive::compare<by_first_place>,
                             boost::intrusive::constant_time_size<false>>
      ready_;
  message_order<waiting_tag, by_due> due_;  ///< delayed or in flight
  message_order<age_tag, by_age> by_age_;
  std::uint64_t last_serial_{0};
  std::uint64_t last_place_{0};
  std::size_t delayed_{0};
  std::size_t in_flight_{0};
  std::unique_ptr<queue_changes> changes_;  ///< nullptr: nobody wants to know
};

}  // namespace lastcall::broker
