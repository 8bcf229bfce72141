#pragma once

#include <string>
#include <string_view>

namespace lastcall::sqs {

/// The queue's name in its URL, whatever its style: what stands after the last slash
/// ("https://sqs.<region>.amazonaws.com/<account>/<name>", "http://host/queue/<region>/<account>/<name>", …).
/// A bare name is its own.
std::string name_in_url(std::string_view queue_url);

/// Whether a queue of this name, or with this URL, is a FIFO queue: SQS tells it by the ending ".fifo".
bool is_fifo_name(std::string_view name_or_url) noexcept;

}  // namespace lastcall::sqs
