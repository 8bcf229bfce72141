#include "sqs/queue_codec.hpp"

#include "sqs/api_model.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::sqs;

TEST_CASE("requests about queues are in the words of the API") {
  const testing::api_model model;
  const attribute_map attributes{{"VisibilityTimeout", "60"}};
  CHECK(model.complaints("CreateQueue", encode_create_queue("jobs", attributes)).empty());
  CHECK(model.complaints("CreateQueue", encode_create_queue("jobs", {})).empty());
  CHECK(model.complaints("GetQueueUrl", encode_queue_name("jobs")).empty());
  CHECK(model.complaints("ListQueues", encode_list_queues("", "")).empty());
  CHECK(model.complaints("ListQueues", encode_list_queues("prefix", "token")).empty());
  CHECK(model.complaints("GetQueueAttributes", encode_get_attributes("url", {"All"})).empty());
  CHECK(model.complaints("SetQueueAttributes", encode_set_attributes("url", attributes)).empty());
  CHECK(model.complaints("PurgeQueue", encode_queue_url("url")).empty());
  CHECK(model.complaints("DeleteQueue", encode_queue_url("url")).empty());
  CHECK(model.complaints("StartMessageMoveTask", encode_start_move_task("arn", "")).empty());
  CHECK(model.complaints("StartMessageMoveTask", encode_start_move_task("arn", "arn2")).empty());
  CHECK(encode_list_queues("p", "t") == R"({"MaxResults":1000,"QueueNamePrefix":"p","NextToken":"t"})");
}

TEST_CASE("a member that an answer must have is taken out, or its absence told") {
  CHECK(decode_text("GetQueueUrl", R"({"QueueUrl":"http://x"})", "QueueUrl").value() == "http://x");
  for (const char* body : {"", "{}", R"({"QueueUrl":7})", R"({"QueueUrl":""})", "rubbish"})
    CHECK(decode_text("GetQueueUrl", body, "QueueUrl").error().kind == error_kind::protocol);
}

TEST_CASE("a list of queues is a page, perhaps with the way to the next") {
  CHECK(decode_list_queues("{}").value().urls.empty());
  const queue_page page = decode_list_queues(R"({"QueueUrls":["a","b"],"NextToken":"t"})").value();
  CHECK(page.urls == std::vector<std::string>{"a", "b"});
  CHECK(page.next_token == "t");
  for (const char* body : {"", R"({"QueueUrls":"x"})", R"({"QueueUrls":[7]})"})
    CHECK(decode_list_queues(body).has_error());
}

TEST_CASE("attributes are texts by name; counts are made of three of them") {
  CHECK(decode_attributes("{}").value().empty());
  const attribute_map attributes = decode_attributes(R"({"Attributes":{"ApproximateNumberOfMessages":"3",
        "ApproximateNumberOfMessagesNotVisible":"2","Odd":7}})")
                                       .value();
  CHECK(attributes.size() == 2);
  const queue_counts counts = counts_in(attributes);
  CHECK(counts.visible == 3);
  CHECK(counts.in_flight == 2);
  CHECK(counts.delayed == 0);
  for (const std::string& name : count_names())
    CHECK(name.starts_with("ApproximateNumberOfMessages"));
  for (const char* body : {"", R"({"Attributes":7})"})
    CHECK(decode_attributes(body).has_error());
}
