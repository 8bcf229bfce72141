#pragma once

#include <lastcall/message.hpp>
#include <map>
#include <string>

namespace lastcall::sqs {

/// MD5OfMessageAttributes: the MD5, in hexadecimal, of the length-prefixed binary form of the attributes,
/// sorted by name (SQS Developer Guide, "Calculating the MD5 message digest for message attributes"). Empty
/// where there are none.
std::string attributes_md5(const std::map<std::string, message_attribute>&);

/// MD5OfMessageSystemAttributes of a message with this AWSTraceHeader. Empty where there is none.
std::string system_attributes_md5(const std::string& trace_header);

}  // namespace lastcall::sqs
