#include "sqs/errors.hpp"

#include <array>

namespace lastcall::sqs {
namespace {

struct named_error {
  std::string_view shape;
  errc code;
};

constexpr std::array<named_error, 12> known{{
    {"InvalidParameterValueException", errc::invalid_parameter_value},
    {"MessageNotInflight", errc::message_not_in_flight},
    {"MissingRequiredParameterException", errc::missing_parameter},
    {"OverLimit", errc::over_limit},
    {"PurgeQueueInProgress", errc::purge_in_progress},
    {"QueueDeletedRecently", errc::queue_deleted_recently},
    {"QueueDoesNotExist", errc::queue_does_not_exist},
    {"QueueNameExists", errc::queue_name_exists},
    {"ReceiptHandleIsInvalid", errc::receipt_handle_is_invalid},
    {"RequestThrottled", errc::request_throttled},
    {"ResourceNotFoundException", errc::resource_not_found},
    {"UnsupportedOperation", errc::unsupported_operation},
}};

struct renamed_error {
  std::string_view query;
  std::string_view shape;
};

/// Where the query protocol's code is not the shape's name, once its namespace is off.
constexpr std::array<renamed_error, 5> renamed{{
    {"InvalidParameterValue", "InvalidParameterValueException"},
    {"MissingParameter", "MissingRequiredParameterException"},
    {"NonExistentQueue", "QueueDoesNotExist"},
    {"QueueAlreadyExists", "QueueNameExists"},
    {"QueueNameAlreadyExists", "QueueNameExists"},
}};

}  // namespace

std::string_view shape_of(std::string_view code) noexcept {
  constexpr std::string_view query_namespace = "AWS.SimpleQueueService.";
  if (code.starts_with(query_namespace)) code.remove_prefix(query_namespace.size());
  for (const renamed_error& r : renamed)
    if (r.query == code) return r.shape;
  return code;
}

errc errc_of(const error& e) noexcept {
  if (e.kind != error_kind::service) return errc::none;
  const std::string_view shape = shape_of(e.code);
  for (const named_error& n : known)
    if (n.shape == shape) return n.code;
  return errc::other;
}

}  // namespace lastcall::sqs
