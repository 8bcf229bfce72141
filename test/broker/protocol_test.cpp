#include "broker/json_protocol.hpp"
#include "broker/query_protocol.hpp"
#include "broker/request_context.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace lastcall::broker {
namespace {

template <class Request>
Request from_json(std::string_view operation, std::string_view body) {
  return std::get<Request>(json_protocol::read(operation, body).value());
}

template <class Request>
Request from_form(std::string_view form) {
  query_protocol::parameters parameters;
  query_protocol::add_form(parameters, form);
  return std::get<Request>(query_protocol::read(parameters).value());
}

api_error json_error(std::string_view operation, std::string_view body) {
  const auto read = json_protocol::read(operation, body);
  REQUIRE(read.has_error());
  return read.error();
}

receive_message_result one_message() {
  received_message m;
  m.message_id = "id";
  m.receipt_handle = "handle";
  m.md5_of_body = "md5";
  m.body = "a<b>&\"c\"\n\r\t\\ü";
  m.system_attributes.emplace_back("SenderId", "me");
  m.md5_of_attributes = "md5a";
  m.attributes.emplace("n", attribute_value{"Number", "1", {}});
  m.attributes.emplace("b", attribute_value{"Binary", {}, blob{std::string("\0\xFF", 2)}});
  return {{m}};
}

}  // namespace

TEST_CASE("both protocols know every operation of the API's model") {
  std::ifstream file(LASTCALL_TEST_DATA "/aws/sqs-service-2.json");
  const auto model = nlohmann::json::parse(file);
  CHECK(model["operations"].size() == std::variant_size_v<any_request>);
  for (const auto& [name, operation] : model["operations"].items()) {
    CAPTURE(name);
    CHECK(json_protocol::read(name, "{}").has_value());
    CHECK(query_protocol::read({{"Action", name}}).has_value());
  }
}

TEST_CASE("a JSON request is read member by member") {
  const auto r = from_json<send_message_request>("SendMessage", R"({
    "QueueUrl": "u", "MessageBody": "b", "DelaySeconds": 5, "MessageGroupId": "g", "MessageDeduplicationId": "",
    "MessageAttributes": {"a": {"DataType": "String", "StringValue": "v"},
                          "b": {"DataType": "Binary", "BinaryValue": "AP8="}},
    "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "t"}},
    "Unknown": [1, 2]})");
  CHECK(r.queue_url == "u");
  CHECK(r.message.body == "b");
  CHECK(r.message.delay_s == 5);
  CHECK(r.message.group_id == "g");
  CHECK(r.message.deduplication_id == "");
  CHECK(r.message.attributes.at("a").string_value == "v");
  CHECK(r.message.attributes.at("b").binary_value->bytes == std::string("\0\xFF", 2));
  CHECK(r.message.system_attributes.at("AWSTraceHeader").string_value == "t");
  const auto absent =
      from_json<send_message_request>("SendMessage", R"({"QueueUrl":"u","DelaySeconds":null})");
  CHECK_FALSE(absent.message.delay_s);
  CHECK_FALSE(absent.message.group_id);
}

TEST_CASE("JSON lists and maps are read") {
  const auto created = from_json<create_queue_request>(
      "CreateQueue", R"({"QueueName":"q","Attributes":{"a":"1"},"tags":{"t":"2"}})");
  CHECK(created.attributes == text_map{{"a", "1"}});
  CHECK(created.tags == text_map{{"t", "2"}});
  const auto batch = from_json<send_message_batch_request>(
      "SendMessageBatch",
      R"({"Entries":[{"Id":"1","MessageBody":"x"},{"Id":"2","MessageBody":"y","DelaySeconds":3}]})");
  REQUIRE(batch.entries.size() == 2);
  CHECK(batch.entries[1].id == "2");
  CHECK(batch.entries[1].message.delay_s == 3);
}

TEST_CASE("what is not a JSON object, or has members of a wrong type, is refused") {
  for (const char* body : {"[]", "1", "{", "nonsense", "{}{}", "null", "{\"QueueUrl\":\"\xFF\"}"})
    CHECK(json_error("SendMessage", body).code == "SerializationException");
  CHECK(json_error("SendMessage", R"({"MessageBody":5})").message ==
        "NUMBER_VALUE can not be converted to a String");
  CHECK(json_error("SendMessage", R"({"DelaySeconds":"5"})").message ==
        "STRING_VALUE can not be converted to an Integer");
  CHECK(json_error("SendMessage", R"({"DelaySeconds":1.5})").code == "SerializationException");
  CHECK(json_error("SendMessage", R"({"MessageAttributes":[]})").code == "SerializationException");
  CHECK(json_error("SendMessage", R"({"MessageAttributes":{"a":"v"}})").code == "SerializationException");
  CHECK(json_error("SendMessage", R"({"MessageAttributes":{"a":{"BinaryValue":"*"}}})").code ==
        "SerializationException");
  CHECK(json_error("SendMessageBatch", R"({"Entries":{}})").code == "SerializationException");
  CHECK(json_error("SendMessageBatch", R"({"Entries":["a"]})").code == "SerializationException");
  CHECK(json_error("Nonsense", "{}").code == "UnknownOperationException");
  CHECK(json_error("Nonsense", "{}").status == 400);
}

TEST_CASE("a request can't make the server hold more than it needs") {
  std::string many = R"({"Entries":[)";
  for (int i = 0; i < 1001; ++i)
    many += i == 0 ? "{}" : ",{}";
  CHECK(json_error("DeleteMessageBatch", many + "]}").message == "A list or map has more than 1000 entries.");
  std::string attributes;
  for (int i = 0; i < 1001; ++i)
    attributes += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":\"\"";
  CHECK(json_error("CreateQueue", R"({"Attributes":{)" + attributes + "}}").code == "SerializationException");
  CHECK(json_error("CreateQueue", R"({"Unknown":)" + std::string(100'000, '[')).message.find("too deeply") !=
        std::string::npos);
  std::string form;
  for (std::size_t i = 0; i <= query_protocol::parameters_limit; ++i)
    form += std::to_string(i) + "&";
  query_protocol::parameters parameters;
  CHECK_FALSE(query_protocol::add_form(parameters, form));
}

TEST_CASE("a JSON answer leaves out what holds nothing") {
  const auto body = [](const any_result& r) { return json_protocol::write(r, "id").body; };
  CHECK(body(empty_result{}) == "{}");
  CHECK(body(receive_message_result{}) == "{}");
  CHECK(body(list_queues_result{}) == "{}");
  CHECK(body(list_queue_tags_result{}) == "{}");
  CHECK(body(get_queue_attributes_result{}) == "{}");
  CHECK(body(send_message_batch_result{}) == "{}");
  CHECK(body(list_dead_letter_source_queues_result{}) == "{}");
  CHECK(body(cancel_message_move_task_result{}) == R"({"ApproximateNumberOfMessagesMoved":0})");
  CHECK(body(send_message_result{"id", "md5", "", "", ""}) ==
        R"({"MessageId":"id","MD5OfMessageBody":"md5"})");
  CHECK(body(delete_message_batch_result{{{"a"}}, {{"b", true, "C", "m"}}}) ==
        R"({"Successful":[{"Id":"a"}],"Failed":[{"Id":"b","SenderFault":true,"Code":"C","Message":"m"}]})");
}

TEST_CASE("a JSON answer is well-formed whatever a body holds") {
  const http::response out = json_protocol::write(any_result(one_message()), "the-id");
  CHECK(out.status == 200);
  CHECK(out.headers.get("Content-Type") == "application/x-amz-json-1.0");
  CHECK(out.headers.get("x-amzn-RequestId") == "the-id");
  const auto m = nlohmann::json::parse(out.body)["Messages"][0];
  CHECK(m["Body"] == one_message().messages[0].body);
  CHECK(m["Attributes"]["SenderId"] == "me");
  CHECK(m["MessageAttributes"]["n"] == nlohmann::json{{"DataType", "Number"}, {"StringValue", "1"}});
  CHECK(m["MessageAttributes"]["b"] == nlohmann::json{{"DataType", "Binary"}, {"BinaryValue", "AP8="}});
}

TEST_CASE("a JSON error has its shape's name, and the older code in a header") {
  const http::response out = json_protocol::write(faults::queue_does_not_exist(), "the-id");
  CHECK(out.status == 400);
  CHECK(
      out.body ==
      R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."})");
  CHECK(out.headers.get("x-amzn-query-error") == "AWS.SimpleQueueService.NonExistentQueue;Sender");
  CHECK(json_protocol::write(faults::purge_in_progress("q"), "id").status == 403);
  CHECK(json_protocol::write(faults::resource_not_found("m"), "id").status == 404);
  CHECK(json_protocol::write(faults::malformed_receipt_handle("x"), "id").status == 404);
}

TEST_CASE("an error that is not in the API's model is of the namespace that all services share") {
  const auto type = [](const api_error& e) -> std::string {
    return nlohmann::json::parse(json_protocol::write(e, "id").body)["__type"];
  };
  CHECK(type(faults::missing_parameter("a")) == "com.amazon.coral.service#MissingRequiredParameterException");
  CHECK(type(faults::invalid_parameter("a")) == "com.amazon.coral.service#InvalidParameterValueException");
  CHECK(type(faults::unreadable("a")) == "com.amazon.coral.service#SerializationException");
  CHECK(type(faults::invalid_client_token()) == "com.amazon.coral.service#UnrecognizedClientException");
  CHECK(type(faults::resource_not_found("a")) == "com.amazonaws.sqs#ResourceNotFoundException");
  CHECK(type(faults::invalid_attribute_value("a")) == "com.amazonaws.sqs#InvalidAttributeValue");
  const http::response unknown = json_protocol::write(faults::unknown_operation(), "id");
  CHECK(unknown.body == R"({"__type":"com.amazon.coral.service#UnknownOperationException"})");
  CHECK(unknown.headers.get("x-amzn-query-error") == "InvalidAction;Sender");
  CHECK(unknown.status == 400);
  CHECK(query_protocol::write(faults::unknown_operation(), "id").status == 404);
}

TEST_CASE("a form is read parameter by parameter") {
  const auto r = from_form<send_message_request>(
      "Action=SendMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2Fh%2Fq&MessageBody=a+b%26c&DelaySeconds=5"
      "&MessageAttribute.1.Name=n&MessageAttribute.1.Value.DataType=Binary&MessageAttribute.1.Value."
      "BinaryValue=AP8%3D"
      "&MessageAttribute.2.Name=m&MessageAttribute.2.Value.DataType=String&MessageAttribute.2.Value."
      "StringValue=v"
      "&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.DataType=String"
      "&MessageSystemAttribute.1.Value.StringValue=t&MessageGroupId=g");
  CHECK(r.queue_url == "http://h/q");
  CHECK(r.message.body == "a b&c");
  CHECK(r.message.delay_s == 5);
  CHECK(r.message.attributes.at("n").binary_value->bytes == std::string("\0\xFF", 2));
  CHECK(r.message.attributes.at("m").string_value == "v");
  CHECK(r.message.system_attributes.at("AWSTraceHeader").string_value == "t");
  CHECK(r.message.group_id == "g");
  CHECK_FALSE(r.message.deduplication_id);
}

TEST_CASE("lists and maps of a form are numbered, in the order of their numbers") {
  const auto batch = from_form<delete_message_batch_request>(
      "Action=DeleteMessageBatch&DeleteMessageBatchRequestEntry.10.Id=j&DeleteMessageBatchRequestEntry.10."
      "ReceiptHandle=r10&DeleteMessageBatchRequestEntry.2.Id=b&DeleteMessageBatchRequestEntry.2."
      "ReceiptHandle=r2");
  REQUIRE(batch.entries.size() == 2);
  CHECK(batch.entries[0].id == "b");
  CHECK(batch.entries[1].receipt_handle == "r10");
  const auto created = from_form<create_queue_request>(
      "Action=CreateQueue&QueueName=q&Attribute.1.Name=a&Attribute.1.Value=1&Tag.1.Key=t&Tag.1.Value=");
  CHECK(created.attributes == text_map{{"a", "1"}});
  CHECK(created.tags == text_map{{"t", ""}});
  const auto received = from_form<receive_message_request>(
      "Action=ReceiveMessage&AttributeName.1=All&MessageAttributeName.1=a&MessageAttributeName.2=b&"
      "WaitTimeSeconds=");
  CHECK(received.attribute_names == std::vector<std::string>{"All"});
  CHECK(received.message_attribute_names == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(received.wait_s);
}

TEST_CASE("list values of message attributes are read in both protocols") {
  const auto form = from_form<send_message_request>(
      "Action=SendMessage&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=String"
      "&MessageAttribute.1.Value.StringListValue.1=v");
  CHECK(form.message.attributes.at("a").string_list == std::vector<std::string>{"v"});
  CHECK_FALSE(form.message.attributes.at("a").binary_list);
  const auto json = json_protocol::read(
      "SendMessage", R"({"MessageAttributes":{"a":{"DataType":"Binary","BinaryListValues":[]}}})");
  CHECK(std::get<send_message_request>(*json).message.attributes.at("a").binary_list);
}

TEST_CASE("a list or map of one may come without its number, as older clients send it") {
  CHECK(
      from_form<set_queue_attributes_request>("Action=SetQueueAttributes&Attribute.Name=a&Attribute.Value=1")
          .attributes == text_map{{"a", "1"}});
  CHECK(from_form<get_queue_attributes_request>("Action=GetQueueAttributes&AttributeName=All").names ==
        std::vector<std::string>{"All"});
}

TEST_CASE("broken forms are refused") {
  const auto error = [](std::string_view form) {
    query_protocol::parameters parameters;
    REQUIRE(query_protocol::add_form(parameters, form));
    const auto read = query_protocol::read(parameters);
    REQUIRE(read.has_error());
    return read.error();
  };
  CHECK(error("").code == "UnknownOperationException");
  CHECK(error("Action=Nonsense").query_code == "InvalidAction");
  CHECK(error("Action=Nonsense").message == "The action Nonsense is not valid for this endpoint.");
  CHECK(error("Action=SendMessage&MessageBody=%FF").query_code == "MalformedInput");
  CHECK(error("Action=%FF").query_code == "MalformedInput");
  CHECK(error("Action=SendMessage&DelaySeconds=five").query_code == "InvalidParameterValue");
  CHECK(error("Action=CreateQueue&Attribute.1.Value=x").query_code == "MissingParameter");
  CHECK(error("Action=CreateQueue&Attribute.1.Name=x").message ==
        "The request must contain the parameter Attribute.1.Value.");
  CHECK(error("Action=SendMessage&MessageAttribute.1.Name=x").message ==
        "The request must contain the parameter MessageAttribute.1.Value.");
  CHECK(error("Action=SendMessage&MessageAttribute.1.Name=x&MessageAttribute.1.Value.BinaryValue=*")
            .query_code == "MalformedInput");
}

TEST_CASE("what can stand in no XML is replaced") {
  const http::response out = query_protocol::write(
      "ListQueueTags", any_result(list_queue_tags_result{{{"k", "a\x01\t\n\x1F"}}}), "id");
  CHECK(out.body.find("<Value>a\uFFFD\t\n\uFFFD</Value>") != std::string::npos);
}

TEST_CASE("the query protocol answers in JSON to those who accept it") {
  http::request asked;
  CHECK(query_protocol::form_for(asked) == query_protocol::form::xml);
  asked.headers.add("Accept", "application/json");
  CHECK(query_protocol::form_for(asked) == query_protocol::form::json);
  const auto json = query_protocol::form::json;
  const http::response done = query_protocol::write(
      "GetQueueAttributes", any_result(get_queue_attributes_result{{{"DelaySeconds", "0"}}}), "the-id", json);
  CHECK(done.headers.get("Content-Type") == "application/json");
  CHECK(done.body == R"({"GetQueueAttributesResponse":{"GetQueueAttributesResult":{"Attributes":[)"
                     R"({"Name":"DelaySeconds","Value":"0"}]},"ResponseMetadata":{"RequestId":"the-id"}}})");
  const http::response got =
      query_protocol::write("ReceiveMessage", any_result(one_message()), "the-id", json);
  const auto message =
      nlohmann::json::parse(got.body)["ReceiveMessageResponse"]["ReceiveMessageResult"]["messages"][0];
  CHECK(message["MessageId"] == "id");
  CHECK(message["Attributes"][0] == nlohmann::json{{"Name", "SenderId"}, {"Value", "me"}});
  CHECK(message["MessageAttributes"][0]["Value"]["BinaryValue"] == "AP8=");
  const http::response refused = query_protocol::write(faults::invalid_action("ListQueues"), "the-id", json);
  CHECK(refused.status == 400);
  CHECK(refused.body ==
        R"({"Error":{"Code":"InvalidAction","Message":"The action ListQueues is not valid for )"
        R"(this endpoint.","Type":"Sender"},"RequestId":"the-id"})");
  CHECK(query_protocol::write(faults::unknown_operation(), "id", json).headers.get("Content-Type") ==
        "text/xml");
}

TEST_CASE("an XML element without content is written as one tag") {
  const http::response out =
      query_protocol::write("ReceiveMessage", any_result(receive_message_result{}), "the-id");
  CHECK(out.body.find("<ReceiveMessageResult/><ResponseMetadata>") != std::string::npos);
}

TEST_CASE("an XML answer has the operation's elements, flattened") {
  const http::response out = query_protocol::write("ReceiveMessage", any_result(one_message()), "the-id");
  CHECK(out.headers.get("Content-Type") == "text/xml");
  CHECK(out.body ==
        "<?xml version=\"1.0\"?><ReceiveMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">"
        "<ReceiveMessageResult><Message><MessageId>id</MessageId><ReceiptHandle>handle</ReceiptHandle>"
        "<MD5OfBody>md5</MD5OfBody><Body>a&lt;b&gt;&amp;&quot;c&quot;\n&#xD;\t\\ü</Body>"
        "<Attribute><Name>SenderId</Name><Value>me</Value></Attribute>"
        "<MD5OfMessageAttributes>md5a</MD5OfMessageAttributes>"
        "<MessageAttribute><Name>b</Name><Value><BinaryValue>AP8=</BinaryValue><DataType>Binary</DataType></"
        "Value>"
        "</MessageAttribute><MessageAttribute><Name>n</Name><Value><StringValue>1</StringValue>"
        "<DataType>Number</DataType></Value></MessageAttribute></Message></ReceiveMessageResult>"
        "<ResponseMetadata><RequestId>the-id</RequestId></ResponseMetadata></ReceiveMessageResponse>");
  CHECK(query_protocol::write("DeleteMessage", any_result(empty_result{}), "i").body ==
        "<?xml version=\"1.0\"?><DeleteMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">"
        "<ResponseMetadata><RequestId>i</RequestId></ResponseMetadata></DeleteMessageResponse>");
  CHECK(
      query_protocol::write("ListQueueTags", any_result(list_queue_tags_result{{{"k", "v"}}}), "i")
          .body.find("<ListQueueTagsResult><Tag><Key>k</Key><Value>v</Value></Tag></ListQueueTagsResult>") !=
      std::string::npos);
}

TEST_CASE("an XML error has the older code, and the older words for a queue that does not exist") {
  const http::response out = query_protocol::write(faults::queue_does_not_exist(), "the-id");
  CHECK(out.status == 400);
  CHECK(out.body ==
        "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error>"
        "<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>"
        "<Message>The specified queue does not exist for this wsdl version.</Message><Detail/></Error>"
        "<RequestId>the-id</RequestId></ErrorResponse>");
  CHECK(query_protocol::write(faults::unknown_operation(), "i").body ==
        "<?xml version=\"1.0\"?><UnknownOperationException/>");
}

TEST_CASE("account and region come from the credential scope, the endpoint from the Host header") {
  http::request request;
  const auto context = [&] { return call_of(request, {}, "http", "http://127.0.0.1:9324"); };
  CHECK(context().account == "000000000000");
  CHECK(context().region == "us-east-1");
  CHECK(context().endpoint == "http://127.0.0.1:9324");
  request.headers.add("Host", "queues.example:81");
  request.headers.add("X-Amzn-Trace-Id", "Root=1");
  request.headers.add("Authorization",
                      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/sqs/aws4_request, "
                      "SignedHeaders=host, Signature=00");
  CHECK(context().account == "000000000000");
  CHECK(context().region == "eu-west-1");
  CHECK(context().endpoint == "http://queues.example:81");
  CHECK(context().trace_header == "Root=1");
  request.headers = {};
  request.headers.add("Authorization",
                      "AWS4-HMAC-SHA256 Credential=111122223333/20150830/eu-west-1/sqs/aws4_request,");
  CHECK(context().account == "111122223333");
  request.headers = {};
  request.target =
      "/?Action=ListQueues&X-Amz-Credential=111122223333%2F20150830%2Fus-west-2%2Fsqs%2Faws4_request&x=y";
  CHECK(context().account == "111122223333");
  CHECK(context().region == "us-west-2");
  request.target = "/";
  for (const char* rubbish :
       {"Credential=", "Credential=a", "Credential=a/b", "Credential=///", "Bearer x"}) {
    request.headers = {};
    request.headers.add("Authorization", rubbish);
    CHECK(context().region == "us-east-1");
  }
}

}  // namespace lastcall::broker
