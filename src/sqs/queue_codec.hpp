#pragma once

#include "base/error.hpp"
#include "sqs/queue.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::sqs {

using attribute_map = std::map<std::string, std::string>;

// The bodies of the requests about queues themselves.
std::string encode_create_queue(std::string_view name, const attribute_map&);
std::string encode_queue_name(std::string_view name);
std::string encode_queue_url(std::string_view queue_url);
std::string encode_list_queues(std::string_view prefix, std::string_view next_token);
std::string encode_get_attributes(std::string_view queue_url, const std::vector<std::string>& names);
std::string encode_set_attributes(std::string_view queue_url, const attribute_map&);
std::string encode_start_move_task(std::string_view source_arn, std::string_view destination_arn);

/// The member of an answer that must be there and be a text: "QueueUrl", "TaskHandle".
result<std::string> decode_text(std::string_view operation, std::string_view body, std::string_view member);

/// One page of ListQueues.
struct queue_page {
  std::vector<std::string> urls;
  std::string next_token;  ///< empty: the last page
};
result<queue_page> decode_list_queues(std::string_view body);

result<attribute_map> decode_attributes(std::string_view body);

/// The attributes that queue_counts are made of.
std::vector<std::string> count_names();
/// The three counts among the attributes of a queue; one that is missing is 0.
queue_counts counts_in(const attribute_map&);

}  // namespace lastcall::sqs
