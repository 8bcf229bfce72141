#include "http/parser.hpp"

#include "runtime/random.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

namespace lastcall::http {
namespace {

constexpr message_limits small{1024, 4096};

/// What came of parsing: the answer and what was left over, or the error.
template <class Message>
struct outcome {
  std::optional<Message> message;
  std::string left;
  std::optional<error> problem;
};

/// Parses the bytes given in pieces of `piece`, as a connection would.
template <class Parser, class Message>
outcome<Message> parse(Parser& parser, std::string_view bytes, std::size_t piece) {
  outcome<Message> out;
  std::string held;
  while (!parser.is_done() && !bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    held += part;
    bytes.remove_prefix(part.size());
    const result<std::size_t> used = parser.put(held);
    if (!used) {
      out.problem = used.error();
      return out;
    }
    held.erase(0, *used);
    if (held.size() > 64 * 1024) {
      out.problem = error{error_kind::protocol, "400", "unbounded"};
      return out;
    }
  }
  out.left = held + std::string(bytes);
  if (parser.is_done()) out.message = parser.take();
  return out;
}

outcome<response> answer_of(std::string_view bytes, std::size_t piece = 1 << 20, bool is_to_head = false) {
  response_parser parser(small);
  parser.begin(is_to_head);
  return parse<response_parser, response>(parser, bytes, piece);
}

outcome<request> request_of(std::string_view bytes, std::size_t piece = 1 << 20) {
  request_parser parser(small);
  return parse<request_parser, request>(parser, bytes, piece);
}

TEST_CASE("an answer is the same in whatever pieces it comes") {
  const std::vector<std::string> wires{
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: "
      "chunked\r\n\r\n2;x=y\r\nhe\r\n003\r\nllo\r\n0;z\r\nX-T: t\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello",
  };
  for (const std::string& wire : wires)
    for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
      const auto out = answer_of(wire, piece);
      REQUIRE_MESSAGE(out.message.has_value(), wire << " in pieces of " << piece);
      CHECK(out.message->status == 200);
      CHECK(out.message->body == "hello");
      CHECK(out.message->headers.get("x-a") == "b");
      CHECK_FALSE(out.message->headers.has("X-T"));
      CHECK_FALSE(out.message->headers.has("Link"));
      CHECK(out.left.empty());
    }
}

TEST_CASE("an empty chunked body is parsed in whatever pieces it comes") {
  const std::string wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (std::size_t piece = 1; piece <= wire.size(); ++piece)
    CHECK(answer_of(wire, piece).message.has_value());
}

TEST_CASE("what follows an answer is left over, not lost and not part of it") {
  const auto out = answer_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello");
  REQUIRE(out.message.has_value());
  CHECK(out.message->body == "he");
  CHECK(out.left == "llo");
}

TEST_CASE("answers without a body end with their headers, whatever these say") {
  CHECK(answer_of("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n").message.has_value());
  CHECK(answer_of("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n").message.has_value());
  CHECK(answer_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 1 << 20, true).message.has_value());
  CHECK(
      answer_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 1 << 20, true).message.has_value());
}

TEST_CASE("an answer without a length ends with the connection, any other must not") {
  response_parser parser(small);
  parser.begin(false);
  CHECK(parser.put("HTTP/1.1 200 OK\r\n\r\nhello").has_value());
  CHECK_FALSE(parser.is_done());
  CHECK(parser.put_end().has_value());
  CHECK_FALSE(parser.may_keep_alive());
  CHECK(parser.take().body == "hello");

  for (const char* half : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "HTTP/1.1 200 OK\r\nConte",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                           "HTTP/1.1 100 Continue\r\n\r\n"}) {
    parser.begin(false);
    CHECK(parser.put(half).has_value());
    CHECK_FALSE(parser.put_end().has_value());
  }
}

TEST_CASE("whether a connection may be kept is as version and Connection say") {
  const auto keeps = [](const std::string& start, const std::string& header) {
    response_parser parser(small);
    parser.begin(false);
    const std::string wire = start + "\r\nContent-Length: 0\r\n" + header + "\r\n";
    REQUIRE(parser.put(wire).has_value());
    REQUIRE(parser.is_done());
    return parser.may_keep_alive();
  };
  CHECK(keeps("HTTP/1.1 200 OK", ""));
  CHECK_FALSE(keeps("HTTP/1.1 200 OK", "Connection: close\r\n"));
  CHECK_FALSE(keeps("HTTP/1.1 200 OK", "connection: Upgrade, Close\r\n"));
  CHECK_FALSE(keeps("HTTP/1.0 200 OK", ""));
  CHECK(keeps("HTTP/1.0 200 OK", "Connection: keep-alive\r\n"));
}

TEST_CASE("an answer that is no HTTP is an error that shows how it begins") {
  const auto out = answer_of("220 mail.example.org ESMTP\r\n");
  REQUIRE(out.problem.has_value());
  CHECK(out.problem->kind == error_kind::protocol);
  CHECK(out.problem->message.find("220 mail.example.org") != std::string::npos);
  for (const char* rubbish :
       {"\x15\x03\x01\x02\x02\x02\x46 a TLS alert", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX Y: z\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXXXX\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"})
    CHECK_MESSAGE(answer_of(rubbish).problem.has_value(), rubbish);
}

TEST_CASE("an answer above the limits is an error before it is in memory") {
  const std::string large_header = "HTTP/1.1 200 OK\r\nX-A: " + std::string(2000, 'a') + "\r\n\r\n";
  const std::string large_body = "HTTP/1.1 200 OK\r\nContent-Length: 4097\r\n\r\n";
  const std::string endless = "HTTP/1.1 200 OK\r\n\r\n" + std::string(5000, 'a');
  const std::string large_chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n";
  std::string many_headers = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 300; ++i)
    many_headers += "a:b\r\n";
  std::string many_chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 5; ++i)
    many_chunks += "400\r\n" + std::string(1024, 'x') + "\r\n";
  std::string many_trailers = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  for (int i = 0; i < 300; ++i)
    many_trailers += "a:b\r\n";
  many_trailers += "\r\n";
  for (const std::string& wire :
       {large_header, large_body, endless, large_chunk, many_headers, many_chunks, many_trailers})
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, wire.size()}) {
      const auto out = answer_of(wire, piece);
      REQUIRE_MESSAGE(out.problem.has_value(), wire.substr(0, 60) << " in pieces of " << piece);
      CHECK(out.problem->message.find("limit") != std::string::npos);
    }
}

TEST_CASE("a request is the same in whatever pieces it comes") {
  const std::vector<std::string> wires{
      "POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
      "\r\n\r\nPOST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
      "POST /a?b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n4\r\nello\r\n0\r\n\r\n",
      "POST http://x/a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
  };
  for (const std::string& wire : wires)
    for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
      const auto out = request_of(wire + "GET /next", piece);
      REQUIRE_MESSAGE(out.message.has_value(), wire << " in pieces of " << piece);
      CHECK(out.message->method == "POST");
      CHECK(out.message->target == "/a?b");
      CHECK(out.message->body == "hello");
      CHECK(out.left == "GET /next");
    }
}

TEST_CASE("a target in absolute form is reduced to its path") {
  const auto target = [](const std::string& sent) {
    const auto out = request_of("GET " + sent + " HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(out.message.has_value());
    return out.message->target;
  };
  CHECK(target("http://x:80/a") == "/a");
  CHECK(target("HTTP://x") == "/");
  CHECK(target("https://x?a=b") == "/?a=b");
  CHECK(target("/http://x/a") == "/http://x/a");
  CHECK(target("*") == "*");
}

TEST_CASE("each kind of broken request has its own status") {
  const auto status = [](const std::string& wire) {
    const auto out = request_of(wire);
    return out.problem ? out.problem->code : "none";
  };
  CHECK(status("rubbish\r\n\r\n") == "400");
  CHECK(status("GET / HTTP/1.1\r\n\r\n") == "400");
  CHECK(status("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == "400");
  CHECK(status("GET / HTTP/1.1\r\nHost : a\r\n\r\n") == "400");
  CHECK(status("GET / HTTP/1.0\r\n\r\n") == "none");
  CHECK(status("GET / HTTP/3.0\r\nHost: a\r\n\r\n") == "505");
  CHECK(status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n") == "400");
  CHECK(status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4097\r\n\r\n") == "413");
  CHECK(status("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1001\r\n") == "413");
  CHECK(status("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n") == "400");
  CHECK(status("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(2000, 'x') + "\r\n\r\n") == "431");
  CHECK(status("GET /" + std::string(2000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n") == "431");
}

TEST_CASE("what two servers may read in two ways is refused") {  // request smuggling, RFC 9112 §11.2
  const auto is_refused = [](const std::string& fields) {
    return request_of("POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n0\r\n\r\n").problem.has_value();
  };
  CHECK(is_refused("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"));
  CHECK(is_refused("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"));
  CHECK(is_refused("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"));
  CHECK(is_refused("Transfer-Encoding: chunked, identity\r\n"));
  CHECK(is_refused("Transfer-Encoding: identity, chunked\r\n"));
  CHECK(is_refused("Transfer-Encoding: xchunked\r\n"));
  CHECK(is_refused("Content-Length: 5\r\nContent-Length: 6\r\n"));
  CHECK(is_refused("Content-Length: +5\r\n"));
  CHECK(is_refused("Content-Length: 0x5\r\n"));
  CHECK(request_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").problem.has_value());
}

TEST_CASE("only a client of HTTP/1.1 that says so waits for 100 Continue") {
  const auto expects = [](const std::string& head) {
    request_parser parser(small);
    REQUIRE(parser.put(head + "\r\n").has_value());
    REQUIRE(parser.is_header_done());
    return parser.expects_continue();
  };
  CHECK(expects("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n"));
  CHECK_FALSE(expects("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"));
  CHECK_FALSE(expects("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"));
}

/// Random damage to valid messages, in random pieces: no crash, no assertion, and never more held than
/// allowed.
TEST_CASE("no bytes, in no pieces, break the parsers") {
  const std::vector<std::string> seeds{
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=\"y\"\r\nhe\r\n003\r\nllo\r\n0;z\r\nX-T: "
      "t\r\n u\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n0\r\nA: b\r\n\r\nGET / "
      "HTTP/1.1\r\n",
      "POST /a HTTP/1.1\r\nHost: x\r\nConnection: close, x\r\nContent-Length: 3\r\n\r\nabc"};
  static constexpr std::string_view alphabet =
      "\r\n\r\n 0:;a5\t\"\\,\x80"
      "f";
  seeded_random random(20'261'122);
  for (int round = 0; round < 20'000; ++round) {
    std::string wire = seeds[random.next() % seeds.size()];
    for (std::uint64_t damage = random.next() % 4; damage != 0; --damage) {
      const std::size_t at = random.next() % wire.size();
      const char with = alphabet[random.next() % alphabet.size()];
      switch (random.next() % 3) {
        case 0:
          wire[at] = with;
          break;
        case 1:
          wire.insert(at, 1, with);
          break;
        default:
          wire.erase(at, 1 + random.next() % 3);
      }
    }
    const std::size_t piece = 1 + random.next() % 12;
    answer_of(wire, piece);
    request_of(wire, piece);
  }
}

}  // namespace
}  // namespace lastcall::http
