#include "broker/api_error.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace lastcall::broker {

void throw_exception_from_error(const api_error& e, const boost::source_location&) {
  throw std::runtime_error(fmt::format("{}: {}", e.code, e.message));
}

namespace {

/// An error of the framework, which has a namespace of its own in the JSON protocol.
api_error common(std::string_view shape, std::string_view query, unsigned status, std::string message) {
  api_error made(shape, query, status, std::move(message));
  made.is_common = true;
  return made;
}

}  // namespace

namespace faults {

api_error queue_does_not_exist() {
  return {"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400,
          "The specified queue does not exist."};
}

api_error queue_name_exists(std::string_view attribute) {
  return {"QueueNameExists", "QueueAlreadyExists", 400,
          fmt::format("A queue already exists with the same name and a different value for attribute {}",
                      attribute)};
}

api_error queue_deleted_recently() {
  return {
      "QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently", 400,
      "You must wait 60 seconds after deleting a queue before you can create another with the same name."};
}

api_error purge_in_progress(std::string_view queue_name) {
  return {"PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", 403,
          fmt::format("Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue_name)};
}

api_error over_limit(std::string message) { return {"OverLimit", "OverLimit", 403, std::move(message)}; }

api_error missing_parameter(std::string_view name) {
  return common("MissingRequiredParameterException", "MissingParameter", 400,
                fmt::format("The request must contain the parameter {}.", name));
}

api_error missing_queue_name() {
  return invalid_parameter("Value for parameter QueueName is invalid. Reason: Must specify a queue name.");
}

api_error invalid_value(std::string_view value, std::string_view parameter, std::string_view reason) {
  return invalid_parameter(
      fmt::format("Value {} for parameter {} is invalid. Reason: {}", value, parameter, reason));
}

api_error invalid_parameter(std::string message) {
  return common("InvalidParameterValueException", "InvalidParameterValue", 400, std::move(message));
}

api_error unknown_attribute(std::string_view name) {
  return invalid_attribute_name(fmt::format("Unknown Attribute {}.", name));
}

api_error invalid_attribute_name(std::string message) {
  return {"InvalidAttributeName", "InvalidAttributeName", 400, std::move(message)};
}

api_error invalid_attribute_value(std::string_view name, std::string_view reason) {
  std::string message = fmt::format("Invalid value for the parameter {}.", name);
  if (!reason.empty()) message += fmt::format(" Reason: {}", reason);
  return {"InvalidAttributeValue", "InvalidAttributeValue", 400, std::move(message)};
}

api_error invalid_message_contents(std::uint32_t character) {
  return {"InvalidMessageContents", "InvalidMessageContents", 400,
          fmt::format("Invalid binary character '#x{:X}' was found in the message body, the set of allowed "
                      "characters is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].",
                      character)};
}

api_error malformed_receipt_handle(std::string_view handle) {
  return {"ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 404,
          fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.", handle)};
}

api_error foreign_receipt_handle(std::string_view handle) {
  return {"ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 404,
          fmt::format("The receipt handle \"{}\" is not valid for this queue.", handle)};
}

api_error empty_batch(std::string_view entry_type) {
  return {"EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", 400,
          fmt::format("There should be at least one {} in the request.", entry_type)};
}

api_error too_many_entries(std::size_t count) {
  return {"TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400,
          fmt::format("Maximum number of entries per request are 10. You have sent {}.", count)};
}

api_error invalid_batch_entry_id() {
  return {"InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId", 400,
          "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
          "It can be at most 80 letters long."};
}

api_error batch_entry_ids_not_distinct(std::string_view id) {
  return {"BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400,
          fmt::format("Id {} repeated.", id)};
}

api_error batch_too_long(std::uint64_t bytes, std::uint64_t limit) {
  return {
      "BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong", 400,
      fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} bytes.", limit, bytes)};
}

api_error resource_not_found(std::string message) {
  return {"ResourceNotFoundException", "ResourceNotFoundException", 404, std::move(message)};
}

api_error unsupported_operation(std::string message) {
  return {"UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", 400, std::move(message)};
}

api_error unreadable(std::string message) {
  return common("SerializationException", "MalformedInput", 400, std::move(message));
}

api_error invalid_action(std::string_view action) {
  return common("InvalidAction", "InvalidAction", 400,
                fmt::format("The action {} is not valid for this endpoint.", action));
}

api_error unknown_operation() { return common("UnknownOperationException", "InvalidAction", 400, {}); }

api_error service_unavailable(std::string message) {
  return common("ServiceUnavailable", "ServiceUnavailable", 503, std::move(message));
}

api_error access_denied(std::string_view address) {
  return common("AccessDeniedException", "AccessDenied", 403,
                fmt::format("Access to the resource {} is denied.", address));
}

api_error from_another_site() {
  return common(
      "AccessDeniedException", "AccessDenied", 403,
      "A browser sent this for a page of another site, and those may not use this server. A name that a site "
      "could have is the server's own if it was started with --host-name and the name.");
}

api_error incomplete_signature(std::string message) {
  return common("IncompleteSignatureException", "IncompleteSignature", 400, std::move(message));
}

api_error invalid_client_token() {
  return common("UnrecognizedClientException", "InvalidClientTokenId", 403,
                "The security token included in the request is invalid.");
}

api_error signature_does_not_match(std::string message) {
  return common("InvalidSignatureException", "SignatureDoesNotMatch", 403, std::move(message));
}

}  // namespace faults
}  // namespace lastcall::broker
