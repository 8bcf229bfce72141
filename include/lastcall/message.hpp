#pragma once

#include <chrono>
#include <map>
#include <string>

namespace lastcall {

/// A message attribute of SQS: its data type with the custom suffix ("String", "Number.int", "Binary.png")
/// and its value; of a Binary the raw bytes.
struct message_attribute {
  std::string data_type;
  std::string value;
};

/// One received message.
struct message {
  std::string id;
  std::string receipt_handle;
  std::string body;
  std::map<std::string, message_attribute> attributes;

  unsigned receive_count{1};  ///< ApproximateReceiveCount: 1 at the first delivery
  std::chrono::system_clock::time_point sent_at{};
  std::chrono::system_clock::time_point first_received_at{};
  std::string sender_id;
  std::string group_id;  ///< MessageGroupId; empty where there is none
  std::string deduplication_id;
  std::string sequence_number;
  std::string trace_header;            ///< AWSTraceHeader
  std::string dead_letter_source_arn;  ///< DeadLetterQueueSourceArn
};

}  // namespace lastcall
