#pragma once

#include "sqs/queue.hpp"

#include <span>
#include <string>
#include <string_view>

namespace lastcall::sqs {

// The bodies of the requests that a receipt handle names the message in.
std::string encode_delete(std::string_view queue_url, const std::string& receipt_handle);
std::string encode_delete_batch(std::string_view queue_url, std::span<const std::string> receipt_handles);
std::string encode_visibility(std::string_view queue_url, const visibility_change&);
std::string encode_visibility_batch(std::string_view queue_url, std::span<const visibility_change>);

}  // namespace lastcall::sqs
