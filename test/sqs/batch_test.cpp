#include "sqs/batch.hpp"

#include "sqs/api_model.hpp"
#include "sqs/receipt_codec.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace lastcall;
using namespace lastcall::sqs;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr const char* url = "http://localhost:4566/000000000000/jobs";

std::vector<batch_failure> failures(std::string_view body, std::size_t entries) {
  return decode_batch("DeleteMessageBatch", body, entries).value();
}

}  // namespace

TEST_CASE("requests with receipt handles are in the words of the API, entries named by their index") {
  const testing::api_model model;
  const std::vector<std::string> handles{"same", "same"};
  const std::vector<visibility_change> changes{{"a", 0s}, {"b", 43'200s}};
  CHECK(model.complaints("DeleteMessage", encode_delete(url, handles[0])).empty());
  CHECK(model.complaints("DeleteMessageBatch", encode_delete_batch(url, handles)).empty());
  CHECK(model.complaints("ChangeMessageVisibility", encode_visibility(url, changes[0])).empty());
  CHECK(model.complaints("ChangeMessageVisibilityBatch", encode_visibility_batch(url, changes)).empty());
  CHECK(json::parse(encode_delete_batch(url, handles)).at("Entries") ==
        json::parse(R"([{"Id":"0","ReceiptHandle":"same"},{"Id":"1","ReceiptHandle":"same"}])"));
  CHECK(json::parse(encode_visibility_batch(url, changes)).at("Entries") ==
        json::parse(R"([{"Id":"0","ReceiptHandle":"a","VisibilityTimeout":0},
                        {"Id":"1","ReceiptHandle":"b","VisibilityTimeout":43200}])"));
  CHECK(json::parse(encode_visibility(url, changes[1])).at("VisibilityTimeout") == 43'200);
}

TEST_CASE("a batch that succeeded has no failures") {
  CHECK(failures(R"({"Successful":[{"Id":"1"},{"Id":"0"}]})", 2).empty());
  CHECK(failures(R"({"Successful":[{"Id":"0"}],"Failed":[]})", 1).empty());
}

TEST_CASE("the entries that failed are told with their place, code and whose fault it was") {
  const auto failed = failures(
      R"({"Successful":[{"Id":"1"}],"Failed":[
          {"Id":"2","Code":"ReceiptHandleIsInvalid","Message":"The handle is wrong.","SenderFault":true},
          {"Id":"0","Code":"InternalError","SenderFault":false}]})",
      3);
  REQUIRE(failed.size() == 2);
  CHECK(failed[0].index == 0);
  CHECK(failed[0].why.kind == error_kind::service);
  CHECK(failed[0].why.code == "InternalError");
  CHECK_FALSE(failed[0].sender_fault);
  CHECK(failed[1].index == 2);
  CHECK(failed[1].why.code == "ReceiptHandleIsInvalid");
  CHECK(failed[1].why.message ==
        "DeleteMessageBatch failed for one entry with ReceiptHandleIsInvalid: The handle is wrong.");
  CHECK(failed[1].sender_fault);
}

TEST_CASE("a failure has the name of its shape, whichever protocol's name was sent") {
  CHECK(failures(R"({"Failed":[{"Id":"0","Code":"AWS.SimpleQueueService.NonExistentQueue"}]})", 1)
            .at(0)
            .why.code == "QueueDoesNotExist");
}

TEST_CASE("an entry that the answer does not mention has failed, and may be tried again") {
  const auto failed = failures(R"({"Successful":[{"Id":"0"}]})", 2);
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].index == 1);
  CHECK(failed[0].why.kind == error_kind::protocol);
  CHECK_FALSE(failed[0].sender_fault);
  CHECK(failures("{}", 10).size() == 10);
}

TEST_CASE("an entry that is in both lists has failed") {
  CHECK(failures(R"({"Successful":[{"Id":"0"}],"Failed":[{"Id":"0","Code":"x"}]})", 1).size() == 1);
}

TEST_CASE("ids that are not ours change nothing") {
  for (const char* id : {"1", "-1", "00x", "", "18446744073709551616", "0 "}) {
    const json answer{{"Successful", {{{"Id", id}}}}, {"Failed", {{{"Id", id}, {"Code", "x"}}}}};
    CHECK(failures(answer.dump(), 1).size() == 1);
    CHECK(failures(answer.dump(), 1)[0].why.kind == error_kind::protocol);
  }
  CHECK(failures(R"({"Successful":7,"Failed":[7,{"Id":0}]})", 1).size() == 1);
}

TEST_CASE("rubbish in place of a batch's answer is an error of the whole") {
  for (const char* body : {"", "[]", "<html>", "{\"Failed\":"})
    CHECK(decode_batch("DeleteMessageBatch", body, 1).error().kind == error_kind::protocol);
}
