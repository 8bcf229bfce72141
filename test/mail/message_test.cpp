#include "mail/message.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace lastcall;
using namespace lastcall::mail;

namespace {

using std::chrono::seconds;

const std::chrono::system_clock::time_point autumn{seconds(1763838120)};

email plain() {
  email e;
  e.from = {"Ada", "ada@example.com"};
  e.to = {{"", "bob@example.org"}};
  e.subject = "Hello";
  e.text = "Hi Bob\n";
  return e;
}

std::string built(const email& e) { return build_message(e, {"id@example.com", autumn}).value(); }

std::string why(const email& e) {
  const auto message = build_message(e, {"id@example.com", autumn});
  REQUIRE_FALSE(message.has_value());
  CHECK(message.error().kind == error_kind::invalid);
  return message.error().message;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The content types in their order: the shape of the tree.
std::vector<std::string> types(std::string_view message) {
  std::vector<std::string> out;
  constexpr std::string_view name = "Content-Type: ";
  for (std::size_t at = message.find(name); at != std::string_view::npos; at = message.find(name, at + 1)) {
    const std::size_t start = at + name.size();
    out.emplace_back(message.substr(start, message.find_first_of(";\r", start) - start));
  }
  return out;
}

}  // namespace

TEST_CASE("a plain email is one part, and reads as it was written") {
  CHECK(built(plain()) ==
        "From: Ada <ada@example.com>\r\n"
        "To: bob@example.org\r\n"
        "Subject: Hello\r\n"
        "Date: Sat, 22 Nov 2025 19:02:00 +0000\r\n"
        "Message-ID: <id@example.com>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "Hi Bob\r\n");
}

TEST_CASE("parts are nested only as far as needed") {
  email e = plain();
  e.html = "<p>Hi</p>";
  CHECK(types(built(e)) == std::vector<std::string>{"multipart/alternative", "text/plain", "text/html"});
  e.images = {{"logo", "image/png", "logo.png", "\x89PNG"}};
  CHECK(types(built(e)) == std::vector<std::string>{"multipart/related", "multipart/alternative",
                                                    "text/plain", "text/html", "image/png"});
  e.attachments = {{"a.pdf", "application/pdf", "%PDF"}};
  CHECK(types(built(e)) == std::vector<std::string>{"multipart/mixed", "multipart/related",
                                                    "multipart/alternative", "text/plain", "text/html",
                                                    "image/png", "application/pdf"});
  e.images.clear();
  e.text.reset();
  CHECK(types(built(e)) == std::vector<std::string>{"multipart/mixed", "text/html", "application/pdf"});
  e.attachments.clear();
  CHECK(types(built(e)) == std::vector<std::string>{"text/html"});
}

TEST_CASE("the same email gives the same bytes") {
  email e = plain();
  e.html = "<p>Hi</p>";
  e.attachments = {{"a.pdf", "application/pdf", "%PDF"}};
  CHECK(built(e) == built(e));
}

TEST_CASE("the blind copies appear nowhere in the message") {
  email e = plain();
  e.bcc = {{"Secret Eve", "eve@example.net"}};
  CHECK_FALSE(contains(built(e), "eve"));
  CHECK_FALSE(contains(built(e), "Eve"));
  CHECK_FALSE(contains(built(e), "Bcc"));
  e.to.clear();
  CHECK(contains(built(e), "To: undisclosed-recipients:;\r\n"));
}

TEST_CASE("the envelope holds everyone once, and says when it needs SMTPUTF8") {
  email e = plain();
  e.cc = {{"", "carol@example.org"}, {"Bob again", "bob@example.org"}};
  e.bcc = {{"", "eve@example.net"}};
  CHECK(envelope_of(e).sender == "ada@example.com");
  CHECK(envelope_of(e).recipients ==
        std::vector<std::string>{"bob@example.org", "carol@example.org", "eve@example.net"});
  CHECK_FALSE(envelope_of(e).needs_smtputf8);
  e.reply_to = {{"", "ada@bücher.example"}};
  CHECK(envelope_of(e).needs_smtputf8);
}

TEST_CASE("all is ASCII, except for addresses that can't be") {
  email e = plain();
  e.from.name = "Žofie";
  e.subject = "Příliš žluťoučký kůň";
  e.text = "夏草や";
  e.headers = {{"X-Kunde", "Jürgen"}};
  e.attachments = {{"Übersicht.pdf", "application/pdf", "\xff\xfe"}};
  const auto beyond_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  std::string message = built(e);
  CHECK(std::none_of(message.begin(), message.end(), beyond_ascii));
  e.to.push_back({"", "jürgen@example.org"});
  message = built(e);
  CHECK(std::count_if(message.begin(), message.end(), beyond_ascii) == 2);
}

TEST_CASE("the Message-ID is decided by the job and its recipients") {
  const envelope e = envelope_of(plain());
  const std::string id = message_id_of("job-1", e);
  CHECK(id.ends_with("@example.com"));
  CHECK(id.size() == 32 + 12);
  CHECK(message_id_of("job-1", e) == id);
  CHECK(message_id_of("job-2", e) != id);
  envelope other = e;
  other.recipients.push_back("carol@example.org");
  CHECK(message_id_of("job-1", other) != id);
}

TEST_CASE("dates are those of RFC 5322") {
  CHECK(format_date(autumn) == "Sat, 22 Nov 2025 19:02:00 +0000");
  CHECK(format_date(std::chrono::system_clock::time_point{}) == "Thu, 01 Jan 1970 00:00:00 +0000");
  CHECK(format_date(std::chrono::system_clock::time_point{seconds(951826154)}) ==
        "Tue, 29 Feb 2000 12:09:14 +0000");
}

TEST_CASE("a message may be attached as one, but not encoded") {
  email e = plain();
  e.attachments = {{"forwarded.eml", "message/rfc822", "Subject: x\n\nbody\n"}};
  CHECK(contains(built(e), "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n"));
  CHECK(contains(built(e), "\r\n\r\nSubject: x\r\n\r\nbody\r\n\r\n--"));
  e.attachments[0].content = "Subject: x\n\nGrüße\n";
  CHECK(contains(why(e), "attachments[0].content_type: "));
}

TEST_CASE("what could break out of a header is refused, and the field is named") {
  const std::string injected = "x\r\nBcc: eve@example.net";
  email e = plain();
  e.subject = injected;
  CHECK(why(e) == "subject: holds a line break");
  e = plain();
  e.from.name = injected;
  CHECK(why(e) == "from: holds a line break");
  e = plain();
  e.to.push_back({"", "bob@example.org>\r\nRCPT TO:<eve@example.net"});
  CHECK(contains(why(e), "to[1]: "));
  e = plain();
  e.cc = {{"x\ny", "bob@example.org"}};
  CHECK(why(e) == "cc[0]: holds a line break");
  e = plain();
  e.bcc = {{"", "bob"}};
  CHECK(contains(why(e), "bcc[0]: 'bob' is not an address"));
  e = plain();
  e.reply_to = {{std::string("x\0y", 3), "bob@example.org"}};
  CHECK(why(e) == "reply_to[0]: holds a control character");
  e = plain();
  e.headers = {{"X-A", injected}};
  CHECK(why(e) == "headers.X-A: holds a line break");
  e.headers = {{"X-A\r\nBcc", "x"}};
  CHECK(contains(why(e), "headers.X-A\\x0d\\x0aBcc: a field name is"));
  e = plain();
  e.attachments = {{injected, "text/plain", ""}};
  CHECK(why(e) == "attachments[0].filename: holds a line break");
  e.attachments = {{"x", "text/plain\r\nX-A: b", ""}};
  CHECK(contains(why(e), "attachments[0].content_type: must be"));
  e = plain();
  e.html = "";
  e.images = {{"a>\r\nX-A: b", "image/png", "", ""}};
  CHECK(contains(why(e), "inline_images[0].content_id: must be"));
}

TEST_CASE("fields that the message or the transport sets can't be given") {
  for (const char* name :
       {"From", "TO", "bcc", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
        "content-transfer-encoding", "Received", "Return-Path", "Resent-To", "Sender"}) {
    email e = plain();
    e.headers = {{name, "x"}};
    CHECK(why(e) == std::string("headers.") + name + ": is set by lastcall and can't be given here");
  }
  email e = plain();
  e.headers = {{"List-Unsubscribe", "<https://example.com/u>"}, {"In-Reply-To", "<a@b.example>"}};
  CHECK(contains(built(e), "List-Unsubscribe: <https://example.com/u>\r\nIn-Reply-To: <a@b.example>\r\n"));
  for (const char* name : {"", "a b", "a:b", "é"}) {
    e.headers = {{name, "x"}};
    CHECK(contains(why(e), "a field name is 1 to 76"));
  }
  e.headers = {{"X-Long", std::string(990, 'x')}};
  CHECK(built(e).size() > 990);
  e.headers = {{"X-Long", std::string(991, 'x')}};
  CHECK(contains(why(e), "998"));
}

TEST_CASE("what no message can be built of is refused") {
  email e = plain();
  e.to.clear();
  CHECK(why(e) == "to: there is no recipient in to, cc or bcc");
  e = plain();
  e.text.reset();
  CHECK(why(e) == "text: there is neither text nor html");
  e = plain();
  e.images = {{"logo", "image/png", "", ""}};
  CHECK(why(e) == "inline_images: there is no html that could show them");
  e.html = "";
  e.images[0].content_type = "text/plain";
  CHECK(contains(why(e), "inline_images[0].content_type: must be image/"));
  e = plain();
  e.attachments = {{"a", "multipart/mixed", ""}};
  CHECK(contains(why(e), "can't be a multipart"));
  for (const char* type :
       {"", "text", "text/", "/plain", "text/plain;", "text/plain; charset", "te xt/plain"}) {
    e.attachments = {{"a", type, ""}};
    CHECK(contains(why(e), "must be type/subtype"));
  }
  e.attachments = {{"a", "text/csv; charset=utf-8; header=present", ""}};
  CHECK(contains(built(e), "Content-Type: text/csv; charset=utf-8; header=present\r\n"));
  e = plain();
  e.text = "\xff";
  CHECK(why(e) == "text: is not UTF-8");
}
