#include "base/url.hpp"

#include <doctest/doctest.h>

using namespace lastcall;

namespace {

url parsed(std::string_view text, std::string_view schemes = "http|https") {
  return parse_url(text, schemes).value();
}

}  // namespace

TEST_CASE("a URL is split into what a client needs") {
  const url u = parsed("https://SQS.eu-west-1.amazonaws.com:8443/123/Queue?a=b#fragment");
  CHECK(u.scheme == "https");
  CHECK(u.host == "sqs.eu-west-1.amazonaws.com");
  CHECK(u.port == 8443);
  CHECK(u.target == "/123/Queue?a=b");
  CHECK(u.user.empty());
}

TEST_CASE("what a URL leaves out is empty, and its target at least a slash") {
  CHECK(parsed("http://host").target == "/");
  CHECK(parsed("http://host").port == 0);
  CHECK(parsed("http://host:").port == 0);
  CHECK(parsed("http://host?x=1").target == "/?x=1");
  CHECK(parsed("HTTP://host/").scheme == "http");
  CHECK(parsed("http://localstack_main:4566").host == "localstack_main");
}

TEST_CASE("user information is decoded") {
  const url u = parsed("smtp://me%40example.com:p%3Ass:word@mail:587", "smtp|smtps");
  CHECK(u.user == "me@example.com");
  CHECK(u.password == "p:ss:word");
  CHECK(u.host == "mail");
  CHECK(u.port == 587);
}

TEST_CASE("an IPv6 address stands in brackets") {
  CHECK(parsed("http://[::1]:9324/x").host == "::1");
  CHECK(parsed("http://[::1]:9324/x").port == 9324);
  CHECK(parsed("http://[FD00:EC2::23]").host == "fd00:ec2::23");
  CHECK(parsed("http://[fe80::1%25eth0]").host == "fe80::1%25eth0");
  CHECK(authority("::1", 9324) == "[::1]:9324");
  CHECK(authority("host", 80) == "host:80");
  CHECK(authority("host", 0) == "host");
}

TEST_CASE("what is not a usable URL is refused with the reason") {
  const auto why = [](std::string_view text) {
    const auto refused = parse_url(text, "http|https");
    REQUIRE(refused.has_error());
    CHECK(refused.error().kind == error_kind::invalid);
    return refused.error().message;
  };
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(has(why(""), "begin with a scheme"));
  CHECK(has(why("localhost:9324"), "begin with a scheme"));
  CHECK(has(why("ftp://host"), "http or https"));
  CHECK(has(why("://host"), "http or https"));
  CHECK(has(why("http://"), "no host"));
  CHECK(has(why("http:///path"), "no host"));
  CHECK(has(why("http://user@:80"), "no host"));
  CHECK(has(why("http://host:0"), "port"));
  CHECK(has(why("http://host:65536"), "port"));
  CHECK(has(why("http://host:80x"), "port"));
  CHECK(has(why("http://host:-1"), "port"));
  CHECK(has(why("http://[::1"), "closing bracket"));
  CHECK(has(why("http://[::1]80"), "follows"));
  CHECK(has(why("http://[host]"), "not an IPv6"));
  CHECK(has(why("http://[]"), "not an IPv6"));
  CHECK(has(why("http://ho st"), "space"));
  CHECK(has(why("http://host/\r\nX: y"), "control"));
  CHECK(has(why("http://a,b"), "host may hold"));
  CHECK(has(why("http://b\xC3\xBC"
                "cher.example"),
            "host may hold"));
}

TEST_CASE("a refused URL never shows its password") {
  for (const char* text : {"ftp://me:secret@host", "http://me:secret@host:0", "me:secret@host",
                           "http://me:sec/secret@host", "http:me:secret@host"}) {
    CAPTURE(std::string(text));
    const auto refused = parse_url(text, "http|https");
    REQUIRE(refused.has_error());
    CHECK(refused.error().message.find("secret") == std::string::npos);
    CHECK(refused.error().message.find("host") != std::string::npos);
  }
}
