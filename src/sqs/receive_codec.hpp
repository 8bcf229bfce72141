#pragma once

#include "base/error.hpp"
#include "sqs/queue.hpp"

#include <string>
#include <string_view>

namespace lastcall::sqs {

/// The body of a ReceiveMessage request. Asks for all attributes, under the name that the API has now and
/// under the one that older emulators know.
std::string encode_receive(std::string_view queue_url, const receive_request&);

/// Reads the answer and checks the MD5 of each body and of its attributes; what does not fit is `corrupt`. A
/// message without a receipt handle can't be worked on or given back: it is logged and left to its visibility
/// timeout.
result<receive_answer> decode_receive(std::string_view body);

}  // namespace lastcall::sqs
