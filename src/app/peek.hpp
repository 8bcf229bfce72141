#pragma once

#include "sqs/client.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace lastcall::app {

/// A message as one line of JSON: message_id, receive_count, sent_at, group_id and attributes where there are
/// any, body. A Binary attribute is shown in base64.
std::string message_json(const message&);

/// Up to `count` messages of the queue, received and made visible again. Fewer where the queue has no more,
/// or SQS finds none. Cancelling it does not keep it from releasing what it has received.
boost::asio::awaitable<result<std::vector<message>>> peek_at(sqs::client&, std::string queue_url,
                                                             unsigned count);

}  // namespace lastcall::app
