#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace lastcall::broker {

/// An error answer of SQS, in the terms of both of its protocols.
struct api_error {
  api_error() = default;
  api_error(std::string_view shape, std::string_view query, unsigned http_status, std::string text)
      : code(shape), query_code(query), status(http_status), message(std::move(text)) {}

  std::string_view code;        ///< the shape's name: __type of the JSON protocol ("QueueDoesNotExist")
  std::string_view query_code;  ///< Code of the query protocol ("AWS.SimpleQueueService.NonExistentQueue")
  unsigned status{400};         ///< HTTP; from 500 on it is not the client's fault
  std::string message;
  bool is_common{false};  ///< not in the API's model, but of the framework that AWS's services share
};

/// What an operation answers.
template <class T>
using answer = boost::system::result<T, api_error>;

/// Thrown by `answer::value()` when there is none: a broken program, or a test that expected success.
[[noreturn]] void throw_exception_from_error(const api_error&, const boost::source_location&);

/// Each error that the server gives, with the words of SQS where those are known
/// (recorded answers in test/data/aws; the API reference; otherwise plain English).
namespace faults {

api_error queue_does_not_exist();
api_error queue_name_exists(std::string_view attribute);
api_error queue_deleted_recently();
api_error purge_in_progress(std::string_view queue_name);
api_error over_limit(std::string message);
api_error missing_parameter(std::string_view name);
api_error missing_queue_name();
/// "Value … for parameter … is invalid. Reason: …"
api_error invalid_value(std::string_view value, std::string_view parameter, std::string_view reason);
/// InvalidParameterValue with words of its own.
api_error invalid_parameter(std::string message);
api_error unknown_attribute(std::string_view name);
api_error invalid_attribute_name(std::string message);
/// "Invalid value for the parameter …."; a reason is added where there is one.
api_error invalid_attribute_value(std::string_view name, std::string_view reason = {});
api_error invalid_message_contents(std::uint32_t character);
api_error malformed_receipt_handle(std::string_view handle);
api_error foreign_receipt_handle(std::string_view handle);
api_error empty_batch(std::string_view entry_type);
api_error too_many_entries(std::size_t count);
api_error invalid_batch_entry_id();
api_error batch_entry_ids_not_distinct(std::string_view id);
api_error batch_too_long(std::uint64_t bytes, std::uint64_t limit);
api_error resource_not_found(std::string message);
api_error unsupported_operation(std::string message);
/// A request that can't be read as what it claims to be.
api_error unreadable(std::string message);
/// A name of an operation that SQS does not have, or that doesn't go there.
api_error invalid_action(std::string_view action);
/// No operation is named at all.
api_error unknown_operation();
/// The server can't do it now, through no fault of the client.
api_error service_unavailable(std::string message);
/// A request without a signature, where one is asked for.
api_error access_denied(std::string_view address);
/// A page of another site that has its visitor's browser ask: other_site.hpp.
api_error from_another_site();
/// A signature that says too little to be checked.
api_error incomplete_signature(std::string message);
/// An access key that nobody has.
api_error invalid_client_token();
/// A signature that is wrong, too old or for something else.
api_error signature_does_not_match(std::string message);

}  // namespace faults
}  // namespace lastcall::broker
