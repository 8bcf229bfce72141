#include "mail/smtp_server.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::mail;

namespace {

smtp_server read(std::string_view url) { return parse_smtp_server(url).value(); }

std::string why(std::string_view url) {
  const auto server = parse_smtp_server(url);
  REQUIRE_FALSE(server.has_value());
  CHECK(server.error().kind == error_kind::invalid);
  return server.error().message;
}

}  // namespace

TEST_CASE("an SMTP URL names the server, and how to talk to it") {
  CHECK(read("smtp://mail.example.com").port == 25);
  CHECK(read("smtp://mail.example.com").tls == tls_use::opportunistic);
  CHECK(read("smtps://mail.example.com").port == 465);
  CHECK(read("smtps://mail.example.com").tls == tls_use::implicit);
  CHECK(read("smtp://[::1]:2525").host == "::1");
  CHECK(read("smtp://[::1]:2525").port == 2525);
  CHECK(read("smtp://h?starttls=required").tls == tls_use::required);
  CHECK(read("smtp://h/?starttls=never").tls == tls_use::never);
  const smtp_server server = read(
      "smtp://ada%40example.com:p%3Aw@h:587?starttls=required&plaintext_auth=yes&ca_file=/etc/a%20b.pem");
  CHECK(server.user == "ada@example.com");
  CHECK(server.password == "p:w");
  CHECK(server.plaintext_auth);
  CHECK(server.ca_file == "/etc/a b.pem");
}

TEST_CASE("only the machine itself is loopback") {
  CHECK(read("smtp://localhost").is_loopback());
  CHECK(read("smtp://127.0.0.1").is_loopback());
  CHECK(read("smtp://127.8.9.1").is_loopback());
  CHECK(read("smtp://[::1]").is_loopback());
  CHECK_FALSE(read("smtp://127.evil.example").is_loopback());
  CHECK_FALSE(read("smtp://10.0.0.1").is_loopback());
  CHECK_FALSE(read("smtp://localhost.example").is_loopback());
}

TEST_CASE("a URL that can't be meant is refused, without its password") {
  CHECK(why("http://h").find("smtp or smtps") != std::string::npos);
  CHECK(why("smtp://h/path").find("path") != std::string::npos);
  CHECK(why("smtp://h?starttls=maybe").find("starttls must be") != std::string::npos);
  CHECK(why("smtps://h?starttls=required").find("smtp://") != std::string::npos);
  CHECK(why("smtp://h?verify=no").find("'verify'") != std::string::npos);
  CHECK(why("smtp://h?ca_file=").find("ca_file") != std::string::npos);
  CHECK(why("smtp://h?plaintext_auth=maybe").find("plaintext_auth") != std::string::npos);
  CHECK(why("smtp://:secret@h").find("no user") != std::string::npos);
  CHECK(why("smtp://u:se%00cret@h").find("control character") != std::string::npos);
  for (const char* url : {"smtp://u:secret@h/path", "smtp://u:secret@h?x=1", "smtp://u:secret@h:port",
                          "http://u:secret@h", "smtp://u%0A:secret@h"})
    CHECK(why(url).find("secret") == std::string::npos);
}
