#include "aws/service_error.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::aws;

namespace {

error error_of(unsigned status, std::string body, std::string header = {}, std::string value = {}) {
  http::response answer{.status = status, .headers = {}, .body = std::move(body)};
  if (!header.empty()) answer.headers.add(std::move(header), std::move(value));
  return service_error("ReceiveMessage", answer);
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the code is the name of the error's shape") {
  CHECK(error_of(400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"})").code ==
        "QueueDoesNotExist");
  CHECK(error_of(400, R"({"__type":"QueueDoesNotExist"})").code == "QueueDoesNotExist");
  CHECK(error_of(400, R"({"__type":"a.b#Name:http://internal.amazon.com/coral/"})").code == "Name");
  CHECK(error_of(400, "{}", "x-amzn-errortype", "Name:http://internal").code == "Name");
  CHECK(error_of(400, "{}", "x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender").code ==
        "AWS.SimpleQueueService.NonExistentQueue");
  CHECK(
      error_of(403, "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message>")
          .code == "AccessDenied");
}

TEST_CASE("an answer that says nothing has its status as code") {
  for (const char* body : {"", "[]", "null", "7", "{\"__type\":7}", "<html>busy</html>", "{\"__type\":\"cut"})
    CHECK(error_of(503, body).code == "503");
}

TEST_CASE("the message says what was asked, and shows the service's words and the request's id") {
  const error e =
      error_of(400, R"({"__type":"x#OverLimit","message":"Too many."})", "x-amzn-RequestId", "id-1");
  CHECK(e.kind == error_kind::service);
  CHECK(e.message == "ReceiveMessage failed with OverLimit (HTTP 400, request id id-1): Too many.");
  CHECK(error_of(502, "<html>busy</html>").message ==
        "ReceiveMessage failed with 502 (HTTP 502): <html>busy</html>");
  CHECK(has(error_of(400, R"({"__type":"x#E","Message":"capital"})").message, "capital"));
  CHECK(has(error_of(403, "<Code>E</Code><Message>words</Message>").message, "words"));
}

TEST_CASE("a message can't break a log line, nor flood it") {
  CHECK_FALSE(has(error_of(500, "a\r\nb\x1B[2J").message, "\n"));
  CHECK(error_of(500, std::string(100'000, 'x')).message.size() < 600);
  CHECK_FALSE(has(error_of(400, R"({"__type":"x#a\nb"})").message, "\n"));
}

TEST_CASE("for wrong credentials and missing rights it says what to check") {
  CHECK(has(error_of(403, R"({"__type":"x#InvalidClientTokenId","message":"AWS's words"})").message,
            "AWS's words; AWS does not know this access key: check AWS_ACCESS_KEY_ID"));
  CHECK(has(error_of(403, R"({"__type":"x#SignatureDoesNotMatch"})").message, "check AWS_SECRET_ACCESS_KEY"));
  CHECK(has(error_of(403, R"({"__type":"x#InvalidSignatureException"})").message, "clock"));
  CHECK(has(error_of(403, R"({"__type":"x#AccessDeniedException"})").message, "IAM policy"));
  CHECK(has(error_of(403, R"({"__type":"x#ExpiredToken"})").message, "expired"));
}
