#pragma once

#include <chrono>
#include <cstdint>
#include <lastcall/message.hpp>
#include <map>
#include <string>

namespace lastcall::sqs {

/// At most so much makes a message, and all messages of a batch together (SQS Developer Guide, "Message
/// quotas").
inline constexpr std::uint64_t most_message_bytes = 1024 * 1024;

/// A message to send.
struct outgoing {
  std::string body;
  std::map<std::string, message_attribute> attributes;
  std::chrono::seconds delay{0};  ///< 0: the queue's own
  std::string group_id;
  std::string deduplication_id;
  std::string trace_header;
};

/// What counts against the limit: the body, and each attribute's name, type and value.
std::uint64_t size_bytes(const outgoing&) noexcept;

}  // namespace lastcall::sqs
