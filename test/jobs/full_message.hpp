#pragma once

#include <chrono>
#include <lastcall/message.hpp>

namespace lastcall::testing {

/// A message that has everything but attributes.
inline message full_message() {
  using namespace std::chrono_literals;
  message m;
  m.id = "m-1";
  m.receive_count = 3;
  m.sent_at = std::chrono::system_clock::time_point(1700000000123ms);
  m.first_received_at = std::chrono::system_clock::time_point(1700000001999ms);
  m.sender_id = "AIDA";
  m.group_id = "g";
  m.deduplication_id = "d";
  m.sequence_number = "18870";
  m.trace_header = "Root=1-5759e988";
  m.dead_letter_source_arn = "arn:aws:sqs:eu-west-1:1:orders";
  return m;
}

}  // namespace lastcall::testing
