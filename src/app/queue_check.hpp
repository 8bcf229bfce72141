#pragma once

#include "app/connection.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace lastcall::app {

/// What is known of a queue that was found.
struct found_queue {
  std::string url;
  sqs::attribute_map attributes;
};

/// Finds the queue (GetQueueUrl for a name) and asks for its attributes, within 10 seconds. Changes nothing.
/// Throws `refusal` with exit_unavailable: the service's words, and for a queue that does not exist the
/// command that would create it.
boost::asio::awaitable<void> find_queue(sqs::client& client, const aws::session& session,
                                        const connection_settings& given, const queue_settings& wanted,
                                        found_queue& found);

/// What an operator should know about a queue before jobs run on it, a sentence each.
std::vector<std::string> warnings_about(const found_queue&);

}  // namespace lastcall::app
