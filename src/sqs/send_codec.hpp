#pragma once

#include "base/error.hpp"
#include "sqs/outgoing.hpp"
#include "sqs/queue.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::sqs {

/// The body of a SendMessage request. Refused as `invalid`: what is too large, or has a text that is not
/// UTF-8.
result<std::string> encode_send(std::string_view queue_url, const outgoing&);
/// The body of a SendMessageBatch request of 1 to 10 messages, together at most 1 MiB; entries are identified
/// by their index.
result<std::string> encode_send_batch(std::string_view queue_url, std::span<const outgoing>);

/// The new message's id, once the MD5s of the answer have been compared with those of what was sent.
result<std::string> decode_send(std::string_view body, const outgoing& sent);
/// The entries that failed, those whose MD5s do not fit among them.
result<std::vector<batch_failure>> decode_send_batch(std::string_view body, std::span<const outgoing> sent);

}  // namespace lastcall::sqs
