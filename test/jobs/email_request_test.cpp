#include "jobs/email_request.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::jobs;

namespace {

email_request read(std::string_view body, const std::string& default_from = {}) {
  return read_email_request(body, default_from).value();
}

std::string why(std::string_view body, const std::string& default_from = {}) {
  const auto request = read_email_request(body, default_from);
  REQUIRE_FALSE(request.has_value());
  CHECK(request.error().kind == error_kind::invalid);
  return request.error().message;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("every field of an email is read") {
  const email_request request = read(R"({
    "from": "Ada <ada@example.com>",
    "to": ["bob@example.org", {"name": "Lovelace, Carol", "address": "carol@example.org"}],
    "cc": "dave@example.org",
    "bcc": ["eve@example.net"],
    "reply_to": {"address": "office@example.com"},
    "subject": "Grüße",
    "text": "Hi",
    "html": "<p>Hi</p><img src=\"cid:logo\">",
    "headers": {"X-Campaign": "autumn"},
    "attachments": [
      {"filename": "a.txt", "content_type": "text/plain", "content": "SGVsbG8="},
      {"path": "invoices/17.pdf"},
      {"path": "invoices/18.pdf", "filename": "Rechnung.pdf", "content_type": "application/pdf"}
    ],
    "inline_images": [{"content_id": "logo", "content_type": "image/png", "path": "logo.png", "filename": "l.png"}]
  })");
  const mail::email& e = request.email;
  CHECK(e.from == mail::mailbox{"Ada", "ada@example.com"});
  CHECK(e.to ==
        std::vector<mail::mailbox>{{"", "bob@example.org"}, {"Lovelace, Carol", "carol@example.org"}});
  CHECK(e.cc == std::vector<mail::mailbox>{{"", "dave@example.org"}});
  CHECK(e.bcc == std::vector<mail::mailbox>{{"", "eve@example.net"}});
  CHECK(e.reply_to == std::vector<mail::mailbox>{{"", "office@example.com"}});
  CHECK(e.subject == "Grüße");
  CHECK(e.text == "Hi");
  CHECK(e.html == "<p>Hi</p><img src=\"cid:logo\">");
  CHECK(e.headers == std::vector<std::pair<std::string, std::string>>{{"X-Campaign", "autumn"}});
  REQUIRE(e.attachments.size() == 3);
  CHECK(e.attachments[0].content == "Hello");
  CHECK(e.attachments[1].filename == "17.pdf");
  CHECK(e.attachments[1].content_type == "application/octet-stream");
  CHECK(e.attachments[2].filename == "Rechnung.pdf");
  REQUIRE(e.images.size() == 1);
  CHECK(e.images[0].content_id == "logo");
  REQUIRE(request.files.size() == 3);
  CHECK(request.files[0].field == "attachments[1].path");
  CHECK(request.files[0].path == "invoices/17.pdf");
  CHECK(request.files[2].field == "inline_images[0].path");
  CHECK(request.files[2].is_image);
}

TEST_CASE("the least is a recipient and a text; the sender may be the worker's") {
  const email_request request =
      read(R"({"to":"bob@example.org","text":"","cc":null})", "Shop <shop@example.com>");
  CHECK(request.email.from == mail::mailbox{"Shop", "shop@example.com"});
  CHECK(request.email.subject.empty());
  CHECK(contains(why(R"({"to":"bob@example.org","text":""})"), "from: is missing"));
}

TEST_CASE("what is not an email is refused with a reason that names the field") {
  const std::string from = "ada@example.com";
  CHECK(contains(why(""), "not JSON"));
  CHECK(why("{\"to\": nonsense}") == "the body is not JSON: an error at byte 9");
  CHECK(contains(why("{\"to\":\"\xff\"}"), "not JSON"));
  CHECK(why("{\"to\": 1e999}") == "the body holds a number that is too large");
  CHECK(why("[]") == "the body: must be an object");
  CHECK(why("\"text\"") == "the body: must be an object");
  CHECK(contains(why(R"({"sbuject":"x"})", from), "sbuject: is not known here; known are from, to, cc, bcc"));
  CHECK(contains(why(R"({"to":17,"text":""})", from), "to: must be an address"));
  CHECK(contains(why(R"({"to":["bob"],"text":""})", from), "to[0]: 'bob' is not an address"));
  CHECK(contains(why(R"({"to":[{"address":"b"}],"text":""})", from), "to[0].address: 'b' is not an address"));
  CHECK(contains(why(R"({"to":[{"adress":"b@x"}],"text":""})", from), "to[0].address: '' is not an address"));
  CHECK(contains(why(R"({"to":[{"address":"b@x","nick":"y"}],"text":""})", from),
                 "to[0].nick: is not known here"));
  CHECK(why(R"({"to":"b@x","subject":17,"text":""})", from) == "subject: must be a string");
  CHECK(why(R"({"to":"b@x","subject":"a\nb","text":""})", from) == "subject: holds a line break");
  CHECK(why(R"({"to":"b@x"})", from) == "text: there is neither text nor html");
  CHECK(why(R"({"text":"x"})", from) == "to: there is no recipient in to, cc or bcc");
  CHECK(why(R"({"to":"b@x","text":"","headers":["x"]})", from) == "headers: must be an object of strings");
  CHECK(why(R"({"to":"b@x","text":"","headers":{"X-A":1}})", from) == "headers.X-A: must be a string");
  CHECK(contains(why(R"({"to":"b@x","text":"","headers":{"Bcc":"eve@x"}})", from),
                 "headers.Bcc: is set by lastcall"));
  CHECK(why(R"({"to":"b@x","text":"","attachments":{}})", from) == "attachments: must be an array");
  CHECK(why(R"({"to":"b@x","text":"","attachments":[1]})", from) == "attachments[0]: must be an object");
  CHECK(contains(why(R"({"to":"b@x","text":"","attachments":[{"filename":"a"}]})", from),
                 "attachments[0].content: either content (base64) or path"));
  CHECK(contains(why(R"({"to":"b@x","text":"","attachments":[{"content":"","path":"a"}]})", from),
                 "either content"));
  CHECK(contains(why(R"({"to":"b@x","text":"","attachments":[{"filename":"a","content":"?"}]})", from),
                 "attachments[0].content: is not base64"));
  CHECK(why(R"({"to":"b@x","text":"","attachments":[{"content":""}]})", from) ==
        "attachments[0].filename: is missing");
  CHECK(contains(
      why(R"({"to":"b@x","html":"","inline_images":[{"content":"","content_type":"image/png"}]})", from),
      "inline_images[0].content_id: must be"));
  std::string many = R"({"text":"","to":["b@x")";
  for (int i = 0; i < 1000; ++i)
    many += R"(,"b@x")";
  CHECK(contains(why(many + "]}", from), "at most 1000 recipients"));
}

TEST_CASE("a field that stands twice is refused: nobody knows which was meant") {
  const std::string twice = R"({"from":"a@x.org","to":"b@x.org","text":"","to":"c@x.org"})";
  CHECK(why(twice) == "the body has 'to' twice in one object: which one is meant?");
  CHECK(contains(why(R"({"from":"a@x.org","to":{"address":"b@x.org","address":"c@x.org"},"text":""})"),
                 "'address' twice"));
  CHECK(contains(why(R"({"from":"a@x.org","to":"b@x.org","text":"","headers":{"X-A":"1","X-A":"2"}})"),
                 "'X-A' twice"));
  const email_request request =
      read(R"({"from":{"address":"a@x.org"},"to":[{"address":"b@x.org"},{"address":"c@x.org"}],"text":""})");
  CHECK_MESSAGE(request.email.to.size() == 2, "the same name in several objects is none that stands twice");
}

TEST_CASE("a pointer to S3 is a clear refusal") {
  CHECK(contains(
      why(R"(["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"k"}])"),
      "pointer to S3"));
  CHECK(contains(why(R"(["com.amazon.sqs.javamessaging.MessageS3Pointer",{"s3BucketName":"b","s3Key":"k"}])"),
                 "pointer to S3"));
}

TEST_CASE("a body that is nested however deep is only refused") {
  CHECK(contains(why(std::string(100'000, '[')), "not JSON"));
  CHECK(contains(why(std::string(50'000, '[') + std::string(50'000, ']')), "must be an object"));
}
