#include "mail/address.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::mail;

namespace {

mailbox read(std::string_view text) { return parse_mailbox(text).value(); }

std::string why(std::string_view text) {
  const auto parsed = parse_mailbox(text);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().kind == error_kind::invalid);
  return parsed.error().message;
}

}  // namespace

TEST_CASE("an address stands alone, in brackets, or after a name") {
  CHECK(read("ada@example.com") == mailbox{"", "ada@example.com"});
  CHECK(read(" <ada@example.com> ") == mailbox{"", "ada@example.com"});
  CHECK(read("Ada Lovelace <ada@example.com>") == mailbox{"Ada Lovelace", "ada@example.com"});
  CHECK(read("Ada<ada@example.com>") == mailbox{"Ada", "ada@example.com"});
  CHECK(read("Dr. A. Lovelace <ada@example.com>") == mailbox{"Dr. A. Lovelace", "ada@example.com"});
  CHECK(read("Žofie Ďurišová <z@example.com>") == mailbox{"Žofie Ďurišová", "z@example.com"});
}

TEST_CASE("a quoted name may hold what a bare one may not") {
  CHECK(read(R"("Lovelace, Ada" <ada@example.com>)") == mailbox{"Lovelace, Ada", "ada@example.com"});
  CHECK(read(R"("A \"the\" B\\C" <a@b.example>)") == mailbox{R"(A "the" B\C)", "a@b.example"});
  CHECK(read(R"("<ada@evil.example>" <ada@example.com>)") ==
        mailbox{"<ada@evil.example>", "ada@example.com"});
}

TEST_CASE("the domain is put in lower case, the local part is left alone") {
  CHECK(read("Ada.L@EXAMPLE.Com").address == "Ada.L@example.com");
}

TEST_CASE("local parts are dot-atoms or quoted strings, domains names or literals") {
  CHECK(read("a+b_c.d!#$%&'*/=?^`{|}~@x-y.example").address == "a+b_c.d!#$%&'*/=?^`{|}~@x-y.example");
  CHECK(read(R"("a b@c"@example.com)").address == R"("a b@c"@example.com)");
  CHECK(read("a@localhost").address == "a@localhost");
  CHECK(read("a@[192.0.2.1]").address == "a@[192.0.2.1]");
  CHECK(read("a@[IPv6:2001:db8::1]").address == "a@[ipv6:2001:db8::1]");
  CHECK(read("a@[ipv6:2001:db8::1]").address == "a@[ipv6:2001:db8::1]");
  CHECK(read("jürgen@bücher.example").address == "jürgen@bücher.example");
}

TEST_CASE("what is not an address is refused, with the reason") {
  CHECK(why("").find("empty") != std::string::npos);
  CHECK(why("ada").find("no '@'") != std::string::npos);
  CHECK(why("@example.com").find("before the '@'") != std::string::npos);
  CHECK(why("ada@").find("domain") != std::string::npos);
  CHECK(why("ada..l@example.com").find("dots") != std::string::npos);
  CHECK(why(".ada@example.com").find("dots") != std::string::npos);
  CHECK(why("a da@example.com").find("before the '@'") != std::string::npos);
  CHECK(why("a@b@example.com").find("before the '@'") != std::string::npos);
  CHECK(why("ada@example..com").find("domain") != std::string::npos);
  CHECK(why("ada@-example.com").find("domain") != std::string::npos);
  CHECK(why("ada@exa_mple.com").find("domain") != std::string::npos);
  CHECK(why("ada@[nonsense]").find("domain") != std::string::npos);
  CHECK(why("Ada <ada@example.com").find("'>'") != std::string::npos);
  CHECK(why("Ada <ada@example.com> (home)").find("'>'") != std::string::npos);
  CHECK(why("Ada (Countess) <ada@example.com>").find("double quotes") != std::string::npos);
  CHECK(why("a@example.com, b@example.com").find("one address only") != std::string::npos);
  CHECK(why("A <a@example.com>, B <b@example.com>").find("one address only") != std::string::npos);
  CHECK(why(R"("Ada <ada@example.com>)").find("does not end") != std::string::npos);
  CHECK(why("\xff@example.com").find("UTF-8") != std::string::npos);
  CHECK(why(std::string(65, 'a') + "@example.com").find("64 bytes") != std::string::npos);
  CHECK(why("a@" + std::string(64, 'b') + ".example").find("domain") != std::string::npos);
}

TEST_CASE("line breaks and control characters are refused wherever they stand") {
  for (const char* text :
       {"ada@example.com\r\nRCPT TO:<eve@example.com>", "ada\n@example.com", "Ada\r <ada@example.com>",
        "\"Ada\nBcc: eve@example.com\" <ada@example.com>", "\"a\rb\"@example.com", "ada@example.com\t",
        "a\x7f@example.com", "\"\x01\" <a@example.com>"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_address(text).has_value());
  }
  using namespace std::string_view_literals;
  CHECK_FALSE(parse_mailbox("a\0@example.com"sv).has_value());
  CHECK_FALSE(parse_address("ada@example.com\r\n").has_value());
}
