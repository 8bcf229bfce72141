#pragma once

#include "broker/api.hpp"

#include <string_view>
#include <type_traits>

/// The members of each shape under the names that both protocols give them: the one place where they are
/// listed. `describe(visitor, shape)` calls `visitor(field, member)` for each; a codec is a visitor.
namespace lastcall::broker {

/// A member's name. In the JSON protocol a member is `json`; in the query protocol a list's n-th entry is
/// `query`.n, and a map's is `query`.n.`key` and `query`.n.`value`.
struct field {
  const char* json;
  const char* query;
  const char* key{"Name"};
  const char* value{"Value"};
};

constexpr field member(const char* name) { return {name, name}; }
constexpr field repeated(const char* json, const char* query) { return {json, query}; }
constexpr field tags(const char* json) { return {json, "Tag", "Key", "Value"}; }

/// The operation that a request belongs to.
template <class Request>
inline constexpr std::string_view operation_name = {};
#define LASTCALL_OPERATION(request, name) \
  template <>                             \
  inline constexpr std::string_view operation_name<request> = name
LASTCALL_OPERATION(add_permission_request, "AddPermission");
LASTCALL_OPERATION(cancel_message_move_task_request, "CancelMessageMoveTask");
LASTCALL_OPERATION(change_message_visibility_request, "ChangeMessageVisibility");
LASTCALL_OPERATION(change_message_visibility_batch_request, "ChangeMessageVisibilityBatch");
LASTCALL_OPERATION(create_queue_request, "CreateQueue");
LASTCALL_OPERATION(delete_message_request, "DeleteMessage");
LASTCALL_OPERATION(delete_message_batch_request, "DeleteMessageBatch");
LASTCALL_OPERATION(delete_queue_request, "DeleteQueue");
LASTCALL_OPERATION(get_queue_attributes_request, "GetQueueAttributes");
LASTCALL_OPERATION(get_queue_url_request, "GetQueueUrl");
LASTCALL_OPERATION(list_dead_letter_source_queues_request, "ListDeadLetterSourceQueues");
LASTCALL_OPERATION(list_message_move_tasks_request, "ListMessageMoveTasks");
LASTCALL_OPERATION(list_queue_tags_request, "ListQueueTags");
LASTCALL_OPERATION(list_queues_request, "ListQueues");
LASTCALL_OPERATION(purge_queue_request, "PurgeQueue");
LASTCALL_OPERATION(receive_message_request, "ReceiveMessage");
LASTCALL_OPERATION(remove_permission_request, "RemovePermission");
LASTCALL_OPERATION(send_message_request, "SendMessage");
LASTCALL_OPERATION(send_message_batch_request, "SendMessageBatch");
LASTCALL_OPERATION(set_queue_attributes_request, "SetQueueAttributes");
LASTCALL_OPERATION(start_message_move_task_request, "StartMessageMoveTask");
LASTCALL_OPERATION(tag_queue_request, "TagQueue");
LASTCALL_OPERATION(untag_queue_request, "UntagQueue");
#undef LASTCALL_OPERATION

// Shapes that are read and written. `Value` is constant in the one case.

template <class V, class Value>
  requires std::is_same_v<std::remove_const_t<Value>, attribute_value>
void describe(V& v, Value& a) {
  v(member("StringValue"), a.string_value);
  v(member("BinaryValue"), a.binary_value);
  v(repeated("StringListValues", "StringListValue"), a.string_list);
  v(repeated("BinaryListValues", "BinaryListValue"), a.binary_list);
  v(member("DataType"), a.data_type);
}

// Requests.

template <class V>
void describe(V& v, create_queue_request& r) {
  v(member("QueueName"), r.queue_name);
  v(repeated("Attributes", "Attribute"), r.attributes);
  v(tags("tags"), r.tags);
}
template <class V>
void describe(V& v, get_queue_url_request& r) {
  v(member("QueueName"), r.queue_name);
  v(member("QueueOwnerAWSAccountId"), r.owner_account);
}
template <class V>
void describe(V& v, list_queues_request& r) {
  v(member("QueueNamePrefix"), r.prefix);
  v(member("NextToken"), r.next_token);
  v(member("MaxResults"), r.max_results);
}
template <class V>
void describe(V& v, delete_queue_request& r) {
  v(member("QueueUrl"), r.queue_url);
}
template <class V>
void describe(V& v, purge_queue_request& r) {
  v(member("QueueUrl"), r.queue_url);
}
template <class V>
void describe(V& v, get_queue_attributes_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(repeated("AttributeNames", "AttributeName"), r.names);
}
template <class V>
void describe(V& v, set_queue_attributes_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(repeated("Attributes", "Attribute"), r.attributes);
}
template <class V>
void describe(V& v, tag_queue_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(tags("Tags"), r.tags);
}
template <class V>
void describe(V& v, untag_queue_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(repeated("TagKeys", "TagKey"), r.keys);
}
template <class V>
void describe(V& v, list_queue_tags_request& r) {
  v(member("QueueUrl"), r.queue_url);
}
template <class V>
void describe(V& v, add_permission_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(member("Label"), r.label);
  v(repeated("AWSAccountIds", "AWSAccountId"), r.accounts);
  v(repeated("Actions", "ActionName"), r.actions);
}
template <class V>
void describe(V& v, remove_permission_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(member("Label"), r.label);
}
template <class V>
void describe(V& v, outgoing_message& m) {
  v(member("MessageBody"), m.body);
  v(member("DelaySeconds"), m.delay_s);
  v(repeated("MessageAttributes", "MessageAttribute"), m.attributes);
  v(repeated("MessageSystemAttributes", "MessageSystemAttribute"), m.system_attributes);
  v(member("MessageDeduplicationId"), m.deduplication_id);
  v(member("MessageGroupId"), m.group_id);
}
template <class V>
void describe(V& v, send_message_request& r) {
  v(member("QueueUrl"), r.queue_url);
  describe(v, r.message);
}
template <class V>
void describe(V& v, send_message_batch_entry& e) {
  v(member("Id"), e.id);
  describe(v, e.message);
}
template <class V>
void describe(V& v, send_message_batch_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(repeated("Entries", "SendMessageBatchRequestEntry"), r.entries);
}
template <class V>
void describe(V& v, receive_message_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(repeated("AttributeNames", "AttributeName"), r.attribute_names);
  v(repeated("MessageSystemAttributeNames", "MessageSystemAttributeName"), r.system_attribute_names);
  v(repeated("MessageAttributeNames", "MessageAttributeName"), r.message_attribute_names);
  v(member("MaxNumberOfMessages"), r.max_messages);
  v(member("VisibilityTimeout"), r.visibility_timeout_s);
  v(member("WaitTimeSeconds"), r.wait_s);
  v(member("ReceiveRequestAttemptId"), r.attempt_id);
}
template <class V>
void describe(V& v, delete_message_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(member("ReceiptHandle"), r.receipt_handle);
}
template <class V>
void describe(V& v, delete_message_batch_entry& e) {
  v(member("Id"), e.id);
  v(member("ReceiptHandle"), e.receipt_handle);
}
template <class V>
void describe(V& v, delete_message_batch_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(repeated("Entries", "DeleteMessageBatchRequestEntry"), r.entries);
}
template <class V>
void describe(V& v, change_message_visibility_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(member("ReceiptHandle"), r.receipt_handle);
  v(member("VisibilityTimeout"), r.visibility_timeout_s);
}
template <class V>
void describe(V& v, change_message_visibility_batch_entry& e) {
  v(member("Id"), e.id);
  v(member("ReceiptHandle"), e.receipt_handle);
  v(member("VisibilityTimeout"), e.visibility_timeout_s);
}
template <class V>
void describe(V& v, change_message_visibility_batch_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(repeated("Entries", "ChangeMessageVisibilityBatchRequestEntry"), r.entries);
}
template <class V>
void describe(V& v, list_dead_letter_source_queues_request& r) {
  v(member("QueueUrl"), r.queue_url);
  v(member("NextToken"), r.next_token);
  v(member("MaxResults"), r.max_results);
}
template <class V>
void describe(V& v, start_message_move_task_request& r) {
  v(member("SourceArn"), r.source_arn);
  v(member("DestinationArn"), r.destination_arn);
  v(member("MaxNumberOfMessagesPerSecond"), r.max_per_second);
}
template <class V>
void describe(V& v, cancel_message_move_task_request& r) {
  v(member("TaskHandle"), r.task_handle);
}
template <class V>
void describe(V& v, list_message_move_tasks_request& r) {
  v(member("SourceArn"), r.source_arn);
  v(member("MaxResults"), r.max_results);
}

// Results.

template <class V>
void describe(V&, const empty_result&) {}
template <class V>
void describe(V& v, const create_queue_result& r) {
  v(member("QueueUrl"), r.queue_url);
}
template <class V>
void describe(V& v, const get_queue_url_result& r) {
  v(member("QueueUrl"), r.queue_url);
}
template <class V>
void describe(V& v, const list_queues_result& r) {
  v(repeated("QueueUrls", "QueueUrl"), r.queue_urls);
  v(member("NextToken"), r.next_token);
}
template <class V>
void describe(V& v, const get_queue_attributes_result& r) {
  v(repeated("Attributes", "Attribute"), r.attributes);
}
template <class V>
void describe(V& v, const list_queue_tags_result& r) {
  v(tags("Tags"), r.tags);
}
template <class V>
void describe(V& v, const send_message_result& r) {
  v(member("MessageId"), r.message_id);
  v(member("MD5OfMessageBody"), r.md5_of_body);
  v(member("MD5OfMessageAttributes"), r.md5_of_attributes);
  v(member("MD5OfMessageSystemAttributes"), r.md5_of_system_attributes);
  v(member("SequenceNumber"), r.sequence_number);
}
template <class V>
void describe(V& v, const batch_done_entry& e) {
  v(member("Id"), e.id);
}
template <class V>
void describe(V& v, const batch_failure_entry& e) {
  v(member("Id"), e.id);
  v(member("SenderFault"), e.sender_fault);
  v(member("Code"), e.code);
  v(member("Message"), e.message);
}
template <class V>
void describe(V& v, const send_message_batch_done& e) {
  v(member("Id"), e.id);
  describe(v, e.sent);
}
template <class V>
void describe(V& v, const send_message_batch_result& r) {
  v(repeated("Successful", "SendMessageBatchResultEntry"), r.successful);
  v(repeated("Failed", "BatchResultErrorEntry"), r.failed);
}
template <class V>
void describe(V& v, const received_message& m) {
  v(member("MessageId"), m.message_id);
  v(member("ReceiptHandle"), m.receipt_handle);
  v(member("MD5OfBody"), m.md5_of_body);
  v(member("Body"), m.body);
  v(repeated("Attributes", "Attribute"), m.system_attributes);
  v(member("MD5OfMessageAttributes"), m.md5_of_attributes);
  v(repeated("MessageAttributes", "MessageAttribute"), m.attributes);
}
template <class V>
void describe(V& v, const receive_message_result& r) {
  v(repeated("Messages", "Message"), r.messages);
}
template <class V>
void describe(V& v, const delete_message_batch_result& r) {
  v(repeated("Successful", "DeleteMessageBatchResultEntry"), r.successful);
  v(repeated("Failed", "BatchResultErrorEntry"), r.failed);
}
template <class V>
void describe(V& v, const change_message_visibility_batch_result& r) {
  v(repeated("Successful", "ChangeMessageVisibilityBatchResultEntry"), r.successful);
  v(repeated("Failed", "BatchResultErrorEntry"), r.failed);
}
template <class V>
void describe(V& v, const list_dead_letter_source_queues_result& r) {
  v(repeated("queueUrls", "QueueUrl"), r.queue_urls);
  v(member("NextToken"), r.next_token);
}
template <class V>
void describe(V& v, const start_message_move_task_result& r) {
  v(member("TaskHandle"), r.task_handle);
}
template <class V>
void describe(V& v, const cancel_message_move_task_result& r) {
  v(member("ApproximateNumberOfMessagesMoved"), r.moved);
}
template <class V>
void describe(V& v, const move_task_entry& e) {
  v(member("TaskHandle"), e.task_handle);
  v(member("Status"), e.status);
  v(member("SourceArn"), e.source_arn);
  v(member("DestinationArn"), e.destination_arn);
  v(member("MaxNumberOfMessagesPerSecond"), e.max_per_second);
  v(member("ApproximateNumberOfMessagesMoved"), e.moved);
  v(member("ApproximateNumberOfMessagesToMove"), e.to_move);
  v(member("FailureReason"), e.failure_reason);
  v(member("StartedTimestamp"), e.started_ms);
}
template <class V>
void describe(V& v, const list_message_move_tasks_result& r) {
  v(repeated("Results", "ListMessageMoveTasksResultEntry"), r.results);
}

}  // namespace lastcall::broker
