#include "http/serializer.hpp"

#include <doctest/doctest.h>

namespace lastcall::http {
namespace {

request post(std::string body) {
  request what;
  what.method = "POST";
  what.body = std::move(body);
  return what;
}

std::string text(const request& what, bool keep_alive = true) {
  std::string out;
  const result<void> done = serialize(what, "example.org:8080", keep_alive, out);
  return done ? out : "refused";
}

std::string text(const response& what, bool is_to_head = false, bool keep_alive = true) {
  std::string out;
  const result<void> done = serialize(what, "Sun, 06 Nov 1994 08:49:37 GMT", is_to_head, keep_alive, out);
  return done ? out : "refused";
}

TEST_CASE("a request is written with what the codec adds, in the order of its headers") {
  request what = post("hello");
  what.target = "/a?b=c";
  what.headers.add("X-One", "1");
  what.headers.add("X-Two", "zwei \xC3\xA9");
  CHECK(text(what) ==
        "POST /a?b=c HTTP/1.1\r\nHost: example.org:8080\r\nX-One: 1\r\nX-Two: zwei \xC3\xA9\r\n"
        "Content-Length: 5\r\n\r\nhello");
  CHECK(text(what, false).find("\r\nConnection: close\r\n") != std::string::npos);
}

TEST_CASE("a request's own Host is kept, and not doubled") {
  request what;
  what.headers.add("host", "signed.example.org");
  CHECK(text(what) == "GET / HTTP/1.1\r\nhost: signed.example.org\r\n\r\n");
}

TEST_CASE("an empty POST says that it is empty, an empty GET says nothing") {
  CHECK(text(post("")).find("Content-Length: 0\r\n") != std::string::npos);
  CHECK(text(request{}).find("Content-Length") == std::string::npos);
}

TEST_CASE("what would break out of its place in a request is refused and never written") {
  const std::string injected = "x\r\nX-Injected: 1";
  request method = post("");
  method.method = "GE T";
  request target = post("");
  SUBCASE("line break") { target.target = "/" + injected; }
  SUBCASE("space") { target.target = "/a b"; }
  SUBCASE("empty") { target.target = ""; }
  SUBCASE("not ASCII") { target.target = "/\xC3\xA9"; }
  request value = post("");
  value.headers.add("X-Value", injected);
  request lone = post("");
  lone.headers.add("X-Value", "a\nb");
  request nul = post("");
  nul.headers.add("X-Value", std::string("a\0b", 3));
  request name = post("");
  name.headers.add("X-Name: 1\r\nX-Other", "2");
  request no_name = post("");
  no_name.headers.add("", "2");
  for (const request& what : {method, target, value, lone, nul, name, no_name}) {
    std::string out = "before";
    const result<void> done = serialize(what, "host", true, out);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().kind == error_kind::invalid);
    CHECK(out == "before");
  }
  std::string out;
  CHECK_FALSE(serialize(request{}, "host\r\nX-Injected: 1", true, out).has_value());
}

TEST_CASE("a refused header value is not shown, for it may be a secret") {
  request what;
  what.headers.add("Authorization", "secret\r\nX: y");
  std::string out;
  const result<void> done = serialize(what, "host", true, out);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().message.find("Authorization") != std::string::npos);
  CHECK(done.error().message.find("secret") == std::string::npos);
}

TEST_CASE("headers that decide where a message ends are the codec's alone") {
  for (const char* own : {"Content-Length", "transfer-encoding", "CONNECTION"}) {
    request what;
    what.headers.add(own, "1");
    CHECK(text(what) == "refused");
    response answer;
    answer.headers.add(own, "1");
    CHECK(text(answer) == "refused");
  }
}

TEST_CASE("an answer is written with its date and length") {
  response answer;
  answer.headers.add("Content-Type", "text/plain");
  answer.body = "hello";
  CHECK(text(answer) ==
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"
        "Content-Length: 5\r\n\r\nhello");
  CHECK(text(answer, false, false).find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("the answer to a HEAD has the length of its body, and no body") {
  response answer;
  answer.body = "hello";
  const std::string written = text(answer, true);
  CHECK(written.find("Content-Length: 5\r\n") != std::string::npos);
  CHECK(written.ends_with("\r\n\r\n"));
}

TEST_CASE("204 and 304 have neither body nor length") {
  for (const unsigned status : {204U, 304U}) {
    response answer;
    answer.status = status;
    answer.body = "dropped";
    const std::string written = text(answer);
    CHECK(written.find("Content-Length") == std::string::npos);
    CHECK(written.ends_with("\r\n\r\n"));
  }
}

TEST_CASE("a status that is none is refused; one without a phrase is written") {
  response answer;
  for (const unsigned status : {0U, 99U, 101U, 600U, 4000U}) {
    answer.status = status;
    CHECK(text(answer) == "refused");
  }
  answer.status = 555;
  CHECK(text(answer).starts_with("HTTP/1.1 555 Unknown\r\n"));
}

}  // namespace
}  // namespace lastcall::http
