#pragma once

#include "broker/message_content.hpp"
#include "broker/short_text.hpp"
#include "runtime/clock.hpp"

#include <boost/intrusive/set.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace lastcall::broker {

struct stored_message;
struct message_group;

/// In the order of availability (`place`), or of the end of a delay or a lease (`due`): a message is in one
/// of the two.
struct waiting_tag;
/// In the order of age, for retention.
struct age_tag;
template <class Tag>
using order_hook =
    boost::intrusive::set_base_hook<boost::intrusive::tag<Tag>, boost::intrusive::optimize_size<true>>;

/// What few messages carry.
struct message_extras {
  message_attributes attributes;
  std::string trace_header;
  std::string deduplication_id;
  std::string dead_letter_source_arn;
};

/// A message in a queue. It is linked into the queue's orders and stays where it is in memory.
struct stored_message : order_hook<waiting_tag>, order_hook<age_tag> {
  enum class state : std::uint8_t { delayed, available, in_flight };

  stored_message() = default;
  stored_message(const stored_message&) = delete;
  stored_message& operator=(const stored_message&) = delete;

  // Given by the sender.
  short_text<36> id;
  short_text<32> md5_of_body;
  std::string body;
  const std::string* sender_id{nullptr};
  std::string group_id;  ///< empty: none
  std::unique_ptr<message_extras> extras;
  wall_time sent_at{};
  steady_time enqueued{};  ///< retention counts from here

  // Of its life in the queue; kept by `queue`.
  std::uint64_t serial{};  ///< counts the queue's messages; on FIFO queues their order
  std::uint64_t place{};   ///< among what is available: the lowest first
  steady_time due{};       ///< the end of the delay or the lease
  steady_time leased_at{};
  wall_time first_received_at{};
  message_group* group{nullptr};
  std::uint32_t receive_count{};
  std::uint32_t lease{};  ///< counts receives of this message from this queue: the newest receipt handle's
  state where{state::available};
  bool visibility_changed{false};  ///< by the holder of the newest lease

  message_extras& rare() {
    if (!extras) extras = std::make_unique<message_extras>();
    return *extras;
  }
};

struct by_place {
  bool operator()(const stored_message& a, const stored_message& b) const noexcept {
    return a.place < b.place;
  }
};
struct by_due {
  bool operator()(const stored_message& a, const stored_message& b) const noexcept { return a.due < b.due; }
};
struct by_age {
  bool operator()(const stored_message& a, const stored_message& b) const noexcept {
    return a.enqueued < b.enqueued;
  }
};

template <class Tag, class Order>
using message_order =
    boost::intrusive::multiset<stored_message, boost::intrusive::base_hook<order_hook<Tag>>,
                               boost::intrusive::compare<Order>, boost::intrusive::constant_time_size<false>>;

}  // namespace lastcall::broker
