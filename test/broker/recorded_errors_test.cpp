#include "base/encoding.hpp"
#include "broker/server_world.hpp"

#include <fstream>
#include <functional>
#include <map>

/// Every error of test/data/aws/sqs-recorded-errors.json, recorded from SQS, brought about here in both
/// protocols: the code, the older code, the words and the status must be the same.
namespace lastcall::broker {
namespace {

using nlohmann::json;

constexpr std::size_t mebibyte = 1'048'576;

/// Asks in one of the protocols. Requests are written as in JSON.
class asker {
 public:
  explicit asker(bool in_query) : world_(server_options::like_aws()), in_query_(in_query) {}

  struct reply {
    unsigned status;
    std::string code;   ///< the older one
    std::string shape;  ///< JSON only
    std::string message;
    std::string body;
  };
  reply ask(const std::string& operation, const json& request) {
    return in_query_ ? ask_form(operation, request) : ask_json(operation, request);
  }
  /// The text of an element or member of an answer that is a success.
  std::string ask_for(const std::string& name, const std::string& operation, const json& request) {
    const reply answer = ask(operation, request);
    CAPTURE(answer.body);
    REQUIRE(answer.status == 200);
    if (in_query_) return between(answer.body, "<" + name + ">", "</" + name + ">");
    return between(answer.body, "\"" + name + "\":\"", "\"");
  }
  std::string create(const std::string& name, const json& attributes = json::object()) {
    return ask_for("QueueUrl", "CreateQueue", {{"QueueName", name}, {"Attributes", attributes}});
  }
  void pass(std::chrono::nanoseconds time) { world_.clock.advance(time); }
  bool in_query() const noexcept { return in_query_; }

 private:
  static std::string between(const std::string& text, const std::string& from, const std::string& to) {
    const std::size_t start = text.find(from);
    if (start == std::string::npos) return {};
    const std::size_t begin = start + from.size();
    return text.substr(begin, text.find(to, begin) - begin);
  }
  reply ask_json(const std::string& operation, const json& request) {
    const http::response answer = world_.json(operation, request);
    reply r{answer.status, {}, {}, {}, answer.body};
    const json body = json::parse(answer.body);
    if (answer.status == 200) return r;
    const std::string older(answer.headers.get("x-amzn-query-error"));
    CHECK(older.ends_with(";Sender"));
    r.code = older.substr(0, older.find(';'));
    const std::string type = body["__type"];
    r.shape = type.substr(type.find('#') + 1);
    r.message = body["message"];
    return r;
  }
  reply ask_form(const std::string& operation, const json& request) {
    std::string form = "Action=" + operation;
    append(form, operation, "", request);
    const http::response answer = world_.form(form);
    const std::string& body = answer.body;
    return {answer.status,
            between(body, "<Code>", "</Code>"),
            {},
            unescape(between(body, "<Message>", "</Message>")),
            body};
  }
  static std::string unescape(std::string text) {
    for (const auto& [escape, character] :
         {std::pair("&lt;", "<"), std::pair("&gt;", ">"), std::pair("&quot;", "\"")})
      for (std::size_t at = text.find(escape); at != std::string::npos; at = text.find(escape))
        text.replace(at, std::string(escape).size(), character);
    return text;
  }
  /// The flattened form of a JSON request: the names that lists and maps have in the query protocol.
  static void append(std::string& form, const std::string& operation, const std::string& prefix,
                     const json& object) {
    static const std::map<std::string, std::string> names{{"Attributes", "Attribute"},
                                                          {"AttributeNames", "AttributeName"},
                                                          {"MessageAttributes", "MessageAttribute"},
                                                          {"AWSAccountIds", "AWSAccountId"},
                                                          {"Actions", "ActionName"}};
    for (const auto& [name, value] : object.items()) {
      const auto known = names.find(name);
      const std::string flat = prefix + (name == "Entries"      ? operation + "RequestEntry"
                                         : known == names.end() ? name
                                                                : known->second);
      if (value.is_array() || (value.is_object() && known != names.end())) {
        int number = 0;
        for (const auto& [key, entry] : value.items()) {
          const std::string at = flat + "." + std::to_string(++number);
          if (value.is_array() && entry.is_object()) {
            append(form, operation, at + ".", entry);
          } else if (value.is_array()) {
            append_text(form, at, entry);
          } else {
            append_text(form, at + ".Name", key);
            if (entry.is_object())
              append(form, operation, at + ".Value.", entry);
            else
              append_text(form, at + ".Value", entry);
          }
        }
      } else {
        append_text(form, flat, value);
      }
    }
  }
  static void append_text(std::string& form, const std::string& name, const json& value) {
    form += "&" + name + "=" + percent_encode(value.is_string() ? value.get<std::string>() : value.dump());
  }

  server_world world_;
  bool in_query_;
};

using replies = std::map<std::string, asker::reply>;

json entries(std::size_t count, const json& rest) {
  json out = json::array();
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(rest);
    out.back()["Id"] = "entry-" + std::to_string(i);
  }
  return out;
}

json text(const std::string& body) { return {{"MessageBody", body}}; }

/// A dead-letter queue "dead" of the queue "jobs".
void create_with_dead_letters(asker& a) {
  a.create("dead");
  a.create("jobs",
           {{"RedrivePolicy",
             R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":1})"}});
}
const std::string dead_arn = "arn:aws:sqs:us-east-1:000000000000:dead";
const std::string no_arn = "arn:aws:sqs:us-east-1:000000000000:none";

std::string task_handle(const std::string& source) {
  return to_base64(json{{"taskId", "10f57157-fc2f-4da6-a2b0-4e4cd9c7ed86"}, {"sourceArn", source}}.dump());
}

asker::reply send(asker& a, const std::string& url, json message) {
  message["QueueUrl"] = url;
  return a.ask("SendMessage", message);
}
asker::reply delete_batch_with_id(asker& a, const std::string& id) {
  return a.ask("DeleteMessageBatch",
               {{"QueueUrl", a.create("jobs")}, {"Entries", {{{"Id", id}, {"ReceiptHandle", "x"}}}}});
}
asker::reply send_with_token(asker& a, const char* parameter, const std::string& value) {
  const bool group = std::string(parameter) == "MessageGroupId";
  const std::string url = group ? a.create("jobs") : a.create("jobs.fifo", {{"FifoQueue", "true"}});
  json message = text("body");
  if (!group) message["MessageGroupId"] = "g";
  message[parameter] = value;
  return send(a, url, message);
}

using scenario = std::function<replies(asker&)>;

const std::map<std::string, scenario>& scenarios() {
  static const std::map<std::string, scenario> all{
      {"test_cancel_with_invalid_source_arn_in_task_handle",
       [](asker& a) -> replies {
         return {{"error", a.ask("CancelMessageMoveTask", {{"TaskHandle", task_handle(no_arn)}})}};
       }},
      {"test_cancel_with_invalid_task_handle",
       [](asker& a) -> replies {
         return {{"error", a.ask("CancelMessageMoveTask", {{"TaskHandle", "foobared"}})}};
       }},
      {"test_cancel_with_invalid_task_id_in_task_handle",
       [](asker& a) -> replies {
         create_with_dead_letters(a);
         return {{"error", a.ask("CancelMessageMoveTask", {{"TaskHandle", task_handle(dead_arn)}})}};
       }},
      {"test_change_message_visibility_batch_with_too_large_batch",
       [](asker& a) -> replies {
         return {{"error_response",
                  a.ask("ChangeMessageVisibilityBatch",
                        {{"QueueUrl", a.create("jobs")},
                         {"Entries", entries(20, {{"ReceiptHandle", "x"}, {"VisibilityTimeout", 5}})}})}};
       }},
      {"test_create_fifo_queue_with_different_attributes_raises_error",
       [](asker& a) -> replies {
         a.create("jobs.fifo", {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}});
         return {{"queue-already-exists",
                  a.ask("CreateQueue",
                        {{"QueueName", "jobs.fifo"},
                         {"Attributes", {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "false"}}}})}};
       }},
      {"test_create_queue_with_different_attributes_raises_exception",
       [](asker& a) -> replies {
         a.create("jobs", {{"ReceiveMessageWaitTimeSeconds", "1"}, {"DelaySeconds", "1"}});
         const auto again = [&](const char* delay) {
           return a.ask("CreateQueue", {{"QueueName", "jobs"}, {"Attributes", {{"DelaySeconds", delay}}}});
         };
         return {{"create_queue_01", again("2")}, {"create_queue_02", again("0")}};
       }},
      {"test_create_standard_queue_with_fifo_attribute_raises_error",
       [](asker& a) -> replies {
         const auto with = [&](const char* name, const char* value) {
           return a.ask("CreateQueue", {{"QueueName", "jobs"}, {"Attributes", {{name, value}}}});
         };
         return {
             {"invalid-attribute-content-based-deduplication", with("ContentBasedDeduplication", "false")},
             {"invalid-attribute-deduplication-scope", with("DeduplicationScope", "queue")},
             {"invalid-attribute-fifo-queue", with("FifoQueue", "false")},
             {"invalid-attribute-throughput-limit", with("FifoThroughputLimit", "perQueue")}};
       }},
      {"test_delete_message_batch_invalid_msg_id[sqs-]",
       [](asker& a) -> replies { return {{"error_response", delete_batch_with_id(a, "")}}; }},
      {"test_delete_message_batch_invalid_msg_id[sqs-invalid:id]",
       [](asker& a) -> replies { return {{"error_response", delete_batch_with_id(a, "invalid:id")}}; }},
      {"test_delete_message_batch_invalid_msg_id[sqs-testLongId]",
       [](asker& a) -> replies {
         return {{"error_response", delete_batch_with_id(a, std::string(100, 'a'))}};
       }},
      {"test_delete_message_batch_with_too_large_batch",
       [](asker& a) -> replies {
         return {{"error_response",
                  a.ask("DeleteMessageBatch", {{"QueueUrl", a.create("jobs")},
                                               {"Entries", entries(20, {{"ReceiptHandle", "x"}})}})}};
       }},
      {"test_destination_needs_to_exist",
       [](asker& a) -> replies {
         create_with_dead_letters(a);
         return {
             {"error", a.ask("StartMessageMoveTask", {{"SourceArn", dead_arn}, {"DestinationArn", no_arn}})}};
       }},
      {"test_fifo_delete_after_visibility_timeout",
       [](asker& a) -> replies {
         const std::string url = a.create(
             "jobs.fifo",
             {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}, {"VisibilityTimeout", "1"}});
         send(a, url, {{"MessageBody", "foobar"}, {"MessageGroupId", "g"}});
         const std::string handle = a.ask_for("ReceiptHandle", "ReceiveMessage", {{"QueueUrl", url}});
         a.pass(std::chrono::seconds(2));
         asker::reply refused = a.ask("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", handle}});
         refused.message.replace(refused.message.find(handle), handle.size(), "<receipt-handle:1>");
         return {{"delete_after_timeout_fifo", refused}};
       }},
      {"test_fifo_queue_send_message_with_delay_seconds_fails",
       [](asker& a) -> replies {
         const std::string url =
             a.create("jobs.fifo", {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}});
         return {{"send_message",
                  send(a, url, {{"MessageBody", "x"}, {"MessageGroupId", "g"}, {"DelaySeconds", 2}})}};
       }},
      {"test_invalid_batch_id",
       [](asker& a) -> replies {
         return {{"test_invalid_batch_id",
                  a.ask("SendMessageBatch",
                        {{"QueueUrl", a.create("jobs")},
                         {"Entries",
                          {{{"Id", "1"}, {"MessageBody", "x"}}, {{"Id", "2:"}, {"MessageBody", "x"}}}}})}};
       }},
      {"test_message_deduplication_id_invalid[empty]",
       [](asker& a) -> replies {
         return {{"error-response", send_with_token(a, "MessageDeduplicationId", "")}};
       }},
      {"test_message_deduplication_id_invalid[spaces]",
       [](asker& a) -> replies {
         return {{"error-response", send_with_token(a, "MessageDeduplicationId", "group 123")}};
       }},
      {"test_message_deduplication_id_invalid[too_long]",
       [](asker& a) -> replies {
         return {{"error-response", send_with_token(a, "MessageDeduplicationId", std::string(129, 'a'))}};
       }},
      {"test_non_existent_queue",
       [](asker& a) -> replies {
         const asker::reply by_name = a.ask("GetQueueUrl", {{"QueueName", "none"}});
         if (a.in_query()) return {{"queue-does-not-exist-query", by_name}};
         return {{"queue-does-not-exist", by_name},
                 {"queue-does-not-exist-url",
                  a.ask("DeleteQueue", {{"QueueUrl", "http://x/000000000000/none"}})}};
       }},
      {"test_posting_to_fifo_requires_deduplicationid_group_id",
       [](asker& a) -> replies {
         const std::string url = a.create("jobs.fifo", {{"FifoQueue", "true"}});
         const asker::reply groupless = send(a, url, text("x"));
         const asker::reply plain = send(a, url, {{"MessageBody", "x"}, {"MessageGroupId", "g"}});
         return {{"missing-parameter", groupless},
                 {"missing-parameter-query", groupless},
                 {"invalid-parameter-value", plain},
                 {"invalid-parameter-value-query", plain}};
       }},
      {"test_send_batch_missing_deduplication_id_for_fifo_queue",
       [](asker& a) -> replies {
         const std::string url = a.create("jobs.fifo", {{"FifoQueue", "true"}});
         return {{"test_missing_deduplication_id_for_fifo_queue",
                  a.ask("SendMessageBatch",
                        {{"QueueUrl", url},
                         {"Entries", entries(2, {{"MessageBody", "x"}, {"MessageGroupId", "g"}})}})}};
       }},
      {"test_send_batch_missing_message_group_id_for_fifo_queue",
       [](asker& a) -> replies {
         const std::string url = a.create("jobs.fifo", {{"FifoQueue", "true"}});
         return {{"test_missing_message_group_id_for_fifo_queue",
                  a.ask("SendMessageBatch",
                        {{"QueueUrl", url},
                         {"Entries", entries(2, {{"MessageBody", "x"}, {"MessageDeduplicationId", "d"}})}})}};
       }},
      {"test_send_empty_message",
       [](asker& a) -> replies { return {{"send_empty_message", send(a, a.create("jobs"), text(""))}}; }},
      {"test_send_message_batch_with_oversized_contents",
       [](asker& a) -> replies {
         json batch = entries(2, text(std::string(mebibyte / 2, 'a')));
         batch[1]["MessageBody"] = std::string(mebibyte / 2 + 1, 'a');
         return {{"send_oversized_message_batch",
                  a.ask("SendMessageBatch", {{"QueueUrl", a.create("jobs")}, {"Entries", batch}})}};
       }},
      {"test_send_message_to_standard_queue_with_invalid_message_group_id[empty]",
       [](asker& a) -> replies { return {{"error-response", send_with_token(a, "MessageGroupId", "")}}; }},
      {"test_send_message_to_standard_queue_with_invalid_message_group_id[spaces]",
       [](asker& a) -> replies {
         return {{"error-response", send_with_token(a, "MessageGroupId", "group 123")}};
       }},
      {"test_send_message_to_standard_queue_with_invalid_message_group_id[too_long]",
       [](asker& a) -> replies {
         return {{"error-response", send_with_token(a, "MessageGroupId", std::string(129, 'a'))}};
       }},
      {"test_send_message_with_empty_string_attribute",
       [](asker& a) -> replies {
         return {{"empty-string-attr",
                  send(a, a.create("jobs"),
                       {{"MessageBody", "x"},
                        {"MessageAttributes",
                         {{"ErrorDetails", {{"StringValue", ""}, {"DataType", "String"}}}}}})}};
       }},
      {"test_send_message_with_updated_maximum_message_size",
       [](asker& a) -> replies {
         const std::string url = a.create("jobs", {{"MaximumMessageSize", "1024"}});
         return {{"send_oversized_message", send(a, url, text(std::string(1025, 'a')))}};
       }},
      {"test_send_oversized_message",
       [](asker& a) -> replies {
         return {{"send_oversized_message", send(a, a.create("jobs"), text(std::string(mebibyte + 1, 'a')))}};
       }},
      {"test_send_receive_max_number_of_messages",
       [](asker& a) -> replies {
         return {{"send_max_number_of_messages",
                  a.ask("ReceiveMessage", {{"QueueUrl", a.create("jobs")}, {"MaxNumberOfMessages", 11}})}};
       }},
      {"test_send_receive_wait_time_seconds",
       [](asker& a) -> replies {
         const std::string url = a.create("jobs");
         return {{"recieve_message_error_too_large",
                  a.ask("ReceiveMessage", {{"QueueUrl", url}, {"WaitTimeSeconds", 21}})},
                 {"recieve_message_error_too_small",
                  a.ask("ReceiveMessage", {{"QueueUrl", url}, {"WaitTimeSeconds", -1}})}};
       }},
      {"test_set_unsupported_attribute_fifo",
       [](asker& a) -> replies {
         const auto set = [&](const std::string& url) {
           return a.ask("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", {{"FifoQueue", "false"}}}});
         };
         return {{"invalid-attr-name-1", set(a.create("jobs"))},
                 {"invalid-attr-name-2", set(a.create("jobs.fifo", {{"FifoQueue", "true"}}))}};
       }},
      {"test_set_unsupported_attribute_standard",
       [](asker& a) -> replies {
         const std::string url = a.create("jobs");
         const auto set = [&](const char* value) {
           return a.ask("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", {{"FifoQueue", value}}}});
         };
         return {{"invalid-attr-name-1", set("true")}, {"invalid-attr-name-2", set("false")}};
       }},
      {"test_source_needs_redrive_policy",
       [](asker& a) -> replies {
         a.create("dead");
         return {{"error", a.ask("StartMessageMoveTask", {{"SourceArn", dead_arn}})}};
       }},
      {"test_sqs_permission_lifecycle",
       [](asker& a) -> replies {
         const std::string url = a.create("jobs");
         const auto add = [&](const char* account) {
           return a.ask("AddPermission", {{"QueueUrl", url},
                                          {"Label", "crossaccountpermission"},
                                          {"AWSAccountIds", {account}},
                                          {"Actions", {"ReceiveMessage"}}});
         };
         CHECK(add("111111111111").status == 200);
         return {{"get-queue-policy-attribute-second-account-same-label", add("222222222222")},
                 {"get-queue-policy-attribute-delete-non-existent-label",
                  a.ask("RemovePermission", {{"QueueUrl", url}, {"Label", "crossaccountpermission2"}})}};
       }},
      {"test_start_multiple_move_tasks",
       [](asker& a) -> replies {
         create_with_dead_letters(a);
         a.ask("SendMessage", {{"QueueUrl", "dead"}, {"MessageBody", "x"}});
         const json task{{"SourceArn", dead_arn}, {"MaxNumberOfMessagesPerSecond", 1}};
         CHECK(a.ask("StartMessageMoveTask", task).status == 200);
         return {{"error", a.ask("StartMessageMoveTask", task)}};
       }},
      {"test_successive_purge_calls_fail",
       [](asker& a) -> replies {
         const std::string url = a.create("jobs");
         CHECK(a.ask("PurgeQueue", {{"QueueUrl", url}}).status == 200);
         asker::reply refused = a.ask("PurgeQueue", {{"QueueUrl", url}});
         refused.message.replace(refused.message.find("jobs"), 4, "<queue-name>");
         return {{"purge_queue_error", refused}};
       }},
      {"test_too_many_entries_in_batch_request",
       [](asker& a) -> replies {
         return {{"test_too_many_entries_in_batch_request",
                  a.ask("SendMessageBatch",
                        {{"QueueUrl", a.create("jobs")}, {"Entries", entries(20, text("x"))}})}};
       }},
  };
  return all;
}

/// The scenario of a recorded case: its name without the protocol and with long ids cut.
std::string scenario_of(std::string name) {
  for (const std::string protocol : {"[sqs_query]", "[sqs]"})
    if (name.ends_with(protocol)) return name.substr(0, name.size() - protocol.size());
  if (const std::size_t query = name.find("[sqs_query-"); query != std::string::npos)
    name.replace(query, 11, "[sqs-");
  if (const std::size_t id = name.find("testLongId"); id != std::string::npos)
    name = name.substr(0, id) + "testLongId]";
  return name;
}

void check_case(const json& recorded, const scenario& act, bool in_query) {
  asker a(in_query);
  const replies given = act(a);
  for (const auto& [label, reply] : given) {
    CAPTURE(label);
    CAPTURE(reply.body);
    REQUIRE(recorded.contains(label));
    const json& error = recorded[label]["Error"];
    CHECK(reply.status == recorded[label]["ResponseMetadata"]["HTTPStatusCode"].get<unsigned>());
    CHECK(reply.code == error["Code"].get<std::string>());
    CHECK(reply.message == error["Message"].get<std::string>());
    if (!in_query && error.contains("QueryErrorCode"))
      CHECK(reply.shape == error["QueryErrorCode"].get<std::string>());
  }
}

}  // namespace

TEST_CASE("errors are those that were recorded from SQS, in both protocols") {
  std::ifstream file(LASTCALL_TEST_DATA "/aws/sqs-recorded-errors.json");
  const json recorded = json::parse(file);
  for (const auto& [name, answers] : recorded.items()) {
    CAPTURE(name);
    const auto found = scenarios().find(scenario_of(name));
    REQUIRE(found != scenarios().end());
    for (const bool in_query : {false, true}) {
      CAPTURE(in_query);
      // Cases that name their protocol were recorded in that one.
      if (name.find(in_query ? "[sqs]" : "[sqs_query]") != std::string::npos) continue;
      check_case(answers, found->second, in_query);
    }
  }
}

TEST_CASE("every recorded error is brought about") {
  std::ifstream file(LASTCALL_TEST_DATA "/aws/sqs-recorded-errors.json");
  const json recorded = json::parse(file);
  for (const auto& [name, answers] : recorded.items()) {
    CAPTURE(name);
    replies given;
    for (const bool in_query : {false, true}) {
      asker a(in_query);
      given.merge(scenarios().at(scenario_of(name))(a));
    }
    for (const auto& [label, answer] : answers.items()) {
      CAPTURE(label);
      if (answer.contains("Error")) CHECK(given.contains(label));
    }
  }
}

}  // namespace lastcall::broker
