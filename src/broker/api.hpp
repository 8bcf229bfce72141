#pragma once

#include "runtime/clock.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// The operations of SQS as plain values: what is asked and what is answered, without a protocol.
/// Members follow the API's model (2012-11-05). A text that is empty where the API wants one counts as
/// missing; what is optional where present and empty differs from absent.
namespace lastcall::broker {

/// An instant, on both clocks: rules count on the steady one, timestamps show the other.
struct moment {
  steady_time steady;
  wall_time wall;
};

/// Who asks, when, and by which address of the server.
struct call {
  moment now;
  std::string account{"000000000000"};
  std::string region{"us-east-1"};
  std::string endpoint;      ///< scheme and authority of queue URLs in the answer: "http://127.0.0.1:9324"
  std::string trace_header;  ///< X-Amzn-Trace-Id of the request: AWSTraceHeader of messages that bring none
};

using text_map = std::map<std::string, std::string>;

/// Bytes that travel as base64.
struct blob {
  std::string bytes;
};

/// MessageAttributeValue and MessageSystemAttributeValue.
struct attribute_value {
  std::string data_type;
  std::optional<std::string> string_value;
  std::optional<blob> binary_value;
  /// Of the model, but "reserved for future use": whoever sends them is refused.
  std::optional<std::vector<std::string>> string_list{};
  std::optional<std::vector<std::string>> binary_list{};
};
using attribute_values = std::map<std::string, attribute_value>;

// Queues.

struct create_queue_request {
  std::string queue_name;
  text_map attributes;
  text_map tags;
};
struct create_queue_result {
  std::string queue_url;
};

struct get_queue_url_request {
  std::string queue_name;
  std::string owner_account;
};
struct get_queue_url_result {
  std::string queue_url;
};

struct list_queues_request {
  std::string prefix;
  std::string next_token;
  std::optional<std::int64_t> max_results;
};
struct list_queues_result {
  std::vector<std::string> queue_urls;
  std::string next_token;
};

struct delete_queue_request {
  std::string queue_url;
};
struct purge_queue_request {
  std::string queue_url;
};

struct get_queue_attributes_request {
  std::string queue_url;
  std::vector<std::string> names;
};
struct get_queue_attributes_result {
  text_map attributes;
};

struct set_queue_attributes_request {
  std::string queue_url;
  text_map attributes;
};

struct tag_queue_request {
  std::string queue_url;
  text_map tags;
};
struct untag_queue_request {
  std::string queue_url;
  std::vector<std::string> keys;
};
struct list_queue_tags_request {
  std::string queue_url;
};
struct list_queue_tags_result {
  text_map tags;
};

struct add_permission_request {
  std::string queue_url;
  std::string label;
  std::vector<std::string> accounts;
  std::vector<std::string> actions;
};
struct remove_permission_request {
  std::string queue_url;
  std::string label;
};

// Messages.

/// What SendMessage and an entry of SendMessageBatch have in common.
struct outgoing_message {
  std::string body;
  std::optional<std::int64_t> delay_s;
  attribute_values attributes;
  attribute_values system_attributes;
  std::optional<std::string> deduplication_id;
  std::optional<std::string> group_id;
};
struct send_message_request {
  std::string queue_url;
  outgoing_message message;
};
struct send_message_result {
  std::string message_id;
  std::string md5_of_body;
  std::string md5_of_attributes;         ///< empty: there are none
  std::string md5_of_system_attributes;  ///< empty: there are none
  std::string sequence_number;           ///< empty: not a FIFO queue
};

/// An entry of a batch that failed.
struct batch_failure_entry {
  std::string id;
  bool sender_fault{true};
  std::string code;
  std::string message;
};
/// An entry of a batch that succeeded with nothing to tell.
struct batch_done_entry {
  std::string id;
};

struct send_message_batch_entry {
  std::string id;
  outgoing_message message;
};
struct send_message_batch_request {
  std::string queue_url;
  std::vector<send_message_batch_entry> entries;
};
struct send_message_batch_done {
  std::string id;
  send_message_result sent;
};
struct send_message_batch_result {
  std::vector<send_message_batch_done> successful;
  std::vector<batch_failure_entry> failed;
};

struct receive_message_request {
  std::string queue_url;
  std::vector<std::string> attribute_names;         ///< the older name of the next
  std::vector<std::string> system_attribute_names;  ///< MessageSystemAttributeNames
  std::vector<std::string> message_attribute_names;
  std::optional<std::int64_t> max_messages;
  std::optional<std::int64_t> visibility_timeout_s;
  std::optional<std::int64_t> wait_s;
  std::optional<std::string> attempt_id;
};
struct received_message {
  std::string message_id;
  std::string receipt_handle;
  std::string md5_of_body;
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> system_attributes;
  std::string md5_of_attributes;  ///< empty: no attribute is returned
  attribute_values attributes;
};
struct receive_message_result {
  std::vector<received_message> messages;
};

struct delete_message_request {
  std::string queue_url;
  std::string receipt_handle;
};
struct delete_message_batch_entry {
  std::string id;
  std::string receipt_handle;
};
struct delete_message_batch_request {
  std::string queue_url;
  std::vector<delete_message_batch_entry> entries;
};
struct delete_message_batch_result {
  std::vector<batch_done_entry> successful;
  std::vector<batch_failure_entry> failed;
};

struct change_message_visibility_request {
  std::string queue_url;
  std::string receipt_handle;
  std::optional<std::int64_t> visibility_timeout_s;
};
struct change_message_visibility_batch_entry {
  std::string id;
  std::string receipt_handle;
  std::optional<std::int64_t> visibility_timeout_s;
};
struct change_message_visibility_batch_request {
  std::string queue_url;
  std::vector<change_message_visibility_batch_entry> entries;
};
struct change_message_visibility_batch_result {
  std::vector<batch_done_entry> successful;
  std::vector<batch_failure_entry> failed;
};

// Dead letters.

struct list_dead_letter_source_queues_request {
  std::string queue_url;
  std::string next_token;
  std::optional<std::int64_t> max_results;
};
struct list_dead_letter_source_queues_result {
  std::vector<std::string> queue_urls;
  std::string next_token;
};

struct start_message_move_task_request {
  std::string source_arn;
  std::string destination_arn;
  std::optional<std::int64_t> max_per_second;
};
struct start_message_move_task_result {
  std::string task_handle;
};
struct cancel_message_move_task_request {
  std::string task_handle;
};
struct cancel_message_move_task_result {
  std::int64_t moved{};
};
struct list_message_move_tasks_request {
  std::string source_arn;
  std::optional<std::int64_t> max_results;
};
struct move_task_entry {
  std::string task_handle;  ///< only while it runs
  std::string status;
  std::string source_arn;
  std::string destination_arn;
  std::optional<std::int64_t> max_per_second;
  std::int64_t moved{};
  std::optional<std::int64_t> to_move;
  std::string failure_reason;
  std::int64_t started_ms{};
};
struct list_message_move_tasks_result {
  std::vector<move_task_entry> results;
};

/// The answer of operations that have nothing to tell.
struct empty_result {};

using any_request =
    std::variant<add_permission_request, cancel_message_move_task_request, change_message_visibility_request,
                 change_message_visibility_batch_request, create_queue_request, delete_message_request,
                 delete_message_batch_request, delete_queue_request, get_queue_attributes_request,
                 get_queue_url_request, list_dead_letter_source_queues_request,
                 list_message_move_tasks_request, list_queue_tags_request, list_queues_request,
                 purge_queue_request, receive_message_request, remove_permission_request,
                 send_message_request, send_message_batch_request, set_queue_attributes_request,
                 start_message_move_task_request, tag_queue_request, untag_queue_request>;

using any_result =
    std::variant<empty_result, cancel_message_move_task_result, change_message_visibility_batch_result,
                 create_queue_result, delete_message_batch_result, get_queue_attributes_result,
                 get_queue_url_result, list_dead_letter_source_queues_result, list_message_move_tasks_result,
                 list_queue_tags_result, list_queues_result, receive_message_result, send_message_result,
                 send_message_batch_result, start_message_move_task_result>;

}  // namespace lastcall::broker
