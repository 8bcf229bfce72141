#include "base/encoding.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace lastcall;

TEST_CASE("base64 gives the values of RFC 4648 section 10, both ways") {
  const std::array<std::array<std::string_view, 2>, 7> vectors{{{"", ""},
                                                                {"f", "Zg=="},
                                                                {"fo", "Zm8="},
                                                                {"foo", "Zm9v"},
                                                                {"foob", "Zm9vYg=="},
                                                                {"fooba", "Zm9vYmE="},
                                                                {"foobar", "Zm9vYmFy"}}};
  for (const auto& [plain, encoded] : vectors) {
    CHECK(to_base64(plain) == encoded);
    CHECK(from_base64(encoded).value() == plain);
  }
}

TEST_CASE("base64 carries every byte, NUL and the high ones included") {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte)
    bytes.push_back(static_cast<char>(byte));
  for (std::size_t length = 250; length <= bytes.size(); ++length) {
    const std::string part = bytes.substr(0, length);
    CHECK(from_base64(to_base64(part)).value() == part);
  }
  CHECK(to_base64("\xFB\xFF\xBF") == "+/+/");
}

TEST_CASE("base64 may be broken into lines") {
  CHECK(from_base64("Zm9v\r\nYmFy\n").value() == "foobar");
  CHECK(from_base64(" Zg =\t=").value() == "f");
}

TEST_CASE("what is not base64 is refused") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zm8", "Zg===", "=", "==", "====", "Zg==Zg==", "Zm9v=", "Zm9*",
                           "Zm9-", "Zm9_", "\xC3\xA9===", "Zh==", "Zm9="}) {
    CAPTURE(std::string(text));
    CHECK(from_base64(text).has_error());
    CHECK(from_base64(text).error().kind == error_kind::invalid);
  }
}

TEST_CASE("hexadecimal is lower case and two digits a byte") {
  CHECK(to_hex("") == "");
  CHECK(to_hex(std::string_view("\x00\x0F\xA0\xFF", 4)) == "000fa0ff");
}

TEST_CASE("percent encoding keeps only the unreserved characters of RFC 3986") {
  CHECK(percent_encode("AZaz09-_.~") == "AZaz09-_.~");
  CHECK(percent_encode(" /?#[]@!$&'()*+,;=%") == "%20%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25");
  CHECK(percent_encode("a/b c", true) == "a/b%20c");
  CHECK(percent_encode("\xE1\x88\xB4") == "%E1%88%B4");
  CHECK(percent_encode(std::string_view("\0", 1)) == "%00");
}

TEST_CASE("percent decoding leaves a broken escape as it is") {
  CHECK(percent_decode("%41%6a%6A") == "Ajj");
  CHECK(percent_decode("100%") == "100%");
  CHECK(percent_decode("%4") == "%4");
  CHECK(percent_decode("%zz%4g") == "%zz%4g");
  CHECK(percent_decode("%%41") == "%A");
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(percent_decode("a+b%2B", true) == "a b+");
}

TEST_CASE("well-formed UTF-8 is accepted up to the last code point") {
  for (const char* text :
       {"", "plain", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "Grüße, 世界 🌍"}) {
    CAPTURE(std::string(text));
    CHECK(is_utf8(text));
  }
  CHECK(is_utf8(std::string_view("\0", 1)));
}

TEST_CASE("overlong forms, surrogates, cut and stray bytes are not UTF-8") {
  for (const char* text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF",
                           "\xE0\xA0", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "good\xFF"}) {
    CAPTURE(to_hex(text));
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("printable text can't move a terminal's cursor or break a log line") {
  CHECK(printable("plain, Grüße") == "plain, Grüße");
  CHECK(printable("a\r\nb\x1B[2J\x7F") == "a\\x0d\\x0ab\\x1b[2J\\x7f");
  CHECK(printable("\xC2\x9B"
                  "31m") == "\\xc2\\x9b31m");  // the one-character CSI of C1
  CHECK(printable("\xC2\xA0") == "\xC2\xA0");
  CHECK(printable("\xFF\xC3(") == "\\xff\\xc3(");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("printable text is cut between characters, and not when it fits") {
  CHECK(printable("hello", 5) == "hello");
  CHECK(printable("hello!", 5) == "hello…");
  CHECK(printable("aüb", 2) == "a…");
  CHECK(printable("a\n", 4) == "a…");
  CHECK(printable("", 0) == "");
}
