#include "mail/reply.hpp"

#include "mail/capabilities.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::mail;

namespace {

reply read(std::string_view bytes) {
  reply_parser parser;
  parser.feed(bytes);
  auto next = parser.next().value();
  REQUIRE(next.has_value());
  CHECK_FALSE(parser.has_more());
  return *next;
}

bool is_refused(std::string_view bytes) {
  reply_parser parser;
  parser.feed(bytes);
  for (;;) {
    const auto next = parser.next();
    if (!next) return next.error().kind == error_kind::protocol;
    if (!*next) return false;
  }
}

}  // namespace

TEST_CASE("a reply has a code and one or more lines") {
  CHECK(read("250 Ok\r\n").code == 250);
  CHECK(read("250\r\n").lines == std::vector<std::string>{""});
  CHECK(read("250-one\r\n250-two\r\n250 three\r\n").lines == std::vector<std::string>{"one", "two", "three"});
  CHECK(read("250 bare line feed\n").lines == std::vector<std::string>{"bare line feed"});
}

TEST_CASE("replies come in pieces, and several at once") {
  reply_parser parser;
  for (const char c : std::string_view("250-a\r\n250 b\r\n35")) {
    if (c == '3') break;
    parser.feed({&c, 1});
  }
  CHECK(parser.next().value()->lines.size() == 2);
  parser.feed("250 1\r\n451 2\r\n55");
  CHECK(parser.next().value()->code == 250);
  CHECK(parser.next().value()->code == 451);
  CHECK_FALSE(parser.next().value().has_value());
  CHECK(parser.has_more());
  parser.feed("0 3\r\n");
  CHECK(parser.next().value()->code == 550);
  CHECK_FALSE(parser.has_more());
}

TEST_CASE("what is not SMTP is an error") {
  CHECK(is_refused("HTTP/1.1 400 Bad Request\r\n"));
  CHECK(is_refused("25\r\n"));
  CHECK(is_refused("999 x\r\n"));
  CHECK(is_refused("250_x\r\n"));
  CHECK(is_refused("250-one\r\n550 two\r\n"));
  CHECK(is_refused("\x16\x03\x01\r\n"));
  CHECK(is_refused(std::string(5000, '2')));
  std::string endless;
  for (int i = 0; i < 1000; ++i)
    endless += "250-" + std::string(100, 'x') + "\r\n";
  CHECK(is_refused(endless));
}

TEST_CASE("enhanced status codes are found where they stand") {
  CHECK(read("550 5.1.1 No such user\r\n").enhanced() == "5.1.1");
  CHECK(read("250 2.0.0\r\n").enhanced() == "2.0.0");
  CHECK(read("550 5.123.456 x\r\n").enhanced() == "5.123.456");
  CHECK(read("550 4.1.1 the wrong class\r\n").enhanced().empty());
  CHECK(read("550 5.1 is not one\r\n").enhanced().empty());
  CHECK(read("550 5.1.1x\r\n").enhanced().empty());
  CHECK(read("550 5.1234.1 x\r\n").enhanced().empty());
  CHECK(read("550 5.\r\n").enhanced().empty());
  CHECK(read("550 5.1.\r\n").enhanced().empty());
}

TEST_CASE("the server's words are one printable line") {
  CHECK(read("550 5.1.1 No such user\r\n").words() == "550 5.1.1 No such user");
  CHECK(read("550-5.7.1 We do not\r\n550 5.7.1 like you\r\n").words() == "550 5.7.1 We do not like you");
  CHECK(read("451 \x1b[2J\xff\r\n").words() == "451 \\x1b[2J\\xff");
  CHECK(read("250\r\n").words() == "250");
}

TEST_CASE("the server's words are cut after 500 bytes, and say so") {
  const std::string whole = "550 " + std::string(496, 'x');
  CHECK(read(whole + "\r\n").words() == whole);
  CHECK(read(whole + "x\r\n").words() == whole + "…");
  CHECK(read(whole + "\x1b\r\n").words() == whole + "…");
  CHECK(read("550-" + std::string(300, 'x') + "\r\n550 " + std::string(300, 'x') + "\r\n").words() ==
        "550 " + std::string(300, 'x') + " " + std::string(195, 'x') + "…");
}

TEST_CASE("the answer to EHLO says what the server offers") {
  const capabilities offered = parse_capabilities(read(
      "250-mail.example.com Hello PIPELINING\r\n250-SIZE 10240000\r\n250-starttls\r\n250-AUTH CRAM-MD5 plain "
      "LOGIN\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n"));
  CHECK(offered == capabilities{.starttls = true,
                                .pipelining = true,
                                .smtputf8 = true,
                                .auth_plain = true,
                                .auth_login = true,
                                .size = true,
                                .max_size_bytes = 10240000});
  CHECK(parse_capabilities(read("250 PIPELINING\r\n")) == capabilities{});
  CHECK(parse_capabilities(read("250-x\r\n250 SIZE\r\n")) ==
        capabilities{.size = true, .max_size_bytes = {}});
  CHECK(parse_capabilities(read("250-x\r\n250 SIZE 0\r\n")) ==
        capabilities{.size = true, .max_size_bytes = {}});
  CHECK(parse_capabilities(read("250-x\r\n250 SIZE 12x\r\n")) ==
        capabilities{.size = true, .max_size_bytes = {}});
  CHECK(parse_capabilities(read("250-x\r\n250 AUTH=LOGIN\r\n")).auth_login);
}
