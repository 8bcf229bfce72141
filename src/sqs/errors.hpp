#pragma once

#include "base/error.hpp"

#include <string_view>

namespace lastcall::sqs {

/// The errors of SQS that the program tells apart.
enum class errc {
  none,  ///< not an error of the service
  invalid_parameter_value,
  message_not_in_flight,
  missing_parameter,
  over_limit,
  purge_in_progress,
  queue_deleted_recently,
  queue_does_not_exist,
  queue_name_exists,
  receipt_handle_is_invalid,
  request_throttled,
  resource_not_found,
  unsupported_operation,
  other
};

/// What an error of a call, or of an entry of a batch, is. Knows the names of the shapes (JSON protocol) and
/// the codes of the query protocol, which x-amzn-query-error, batch entries and emulators carry.
errc errc_of(const error&) noexcept;

/// The name of the shape for a code of the query protocol ("AWS.SimpleQueueService.NonExistentQueue" →
/// "QueueDoesNotExist"); other names as they are.
std::string_view shape_of(std::string_view code) noexcept;

}  // namespace lastcall::sqs
