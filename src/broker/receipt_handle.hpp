#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lastcall::broker {

/// What a receipt handle stands for: one receive of one message of one queue.
struct receipt {
  std::uint64_t queue_id;  ///< never used again for another queue
  std::uint64_t serial;    ///< the message, within its queue
  std::uint32_t lease;     ///< its receives, counted
  bool operator==(const receipt&) const = default;
};

/// The handle that clients see: opaque base64 that begins as those of SQS do, with a checksum inside,
/// so that a handle that was never given out is told from one that is out of date.
std::string encode(const receipt&);
std::optional<receipt> decode_receipt_handle(std::string_view handle);

}  // namespace lastcall::broker
