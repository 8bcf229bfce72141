#include "mail/transfer_encoding.hpp"

#include <doctest/doctest.h>

using namespace lastcall::mail;
using enum transfer_encoding;

namespace {

std::string encoded(std::string_view text, transfer_encoding encoding) {
  std::string out;
  append_text(out, text, encoding);
  return out;
}

}  // namespace

TEST_CASE("a short ASCII text goes as it is, with CRLF line ends") {
  CHECK(choose_encoding("Hello,\n\nworld\r\nand\tall\r") == seven_bit);
  CHECK(encoded("Hello,\n\nworld\r\nand\tall\r", seven_bit) == "Hello,\r\n\r\nworld\r\nand\tall\r\n");
  CHECK(choose_encoding("") == seven_bit);
  CHECK(choose_encoding("x") == seven_bit);
}

TEST_CASE("what transport may change is protected") {
  CHECK(choose_encoding("a blank at the end \nof a line") == quoted_printable);
  CHECK(encoded("a blank at the end \nand a tab\t", quoted_printable) ==
        "a blank at the end=20\r\nand a tab=09");
  CHECK(choose_encoding("text\nFrom here on\n") == quoted_printable);
  CHECK(encoded("From here on", quoted_printable) == "=46rom here on");
  CHECK(choose_encoding(std::string(78, 'x')) == seven_bit);
  CHECK(choose_encoding(std::string(79, 'x')) == quoted_printable);
  CHECK(choose_encoding("a bell \x07 rings") == quoted_printable);
  CHECK(choose_encoding("--=_0123") == quoted_printable);
}

TEST_CASE("text beyond ASCII is quoted-printable, or base64 where that is shorter") {
  CHECK(choose_encoding("Smørrebrød til frokost") == quoted_printable);
  CHECK(encoded("Smør = 1€", quoted_printable) == "Sm=C3=B8r =3D 1=E2=82=AC");
  CHECK(choose_encoding("Привет, мир") == base64);
  CHECK(encoded("é\nè", base64) == "w6kNCsOo");
}

TEST_CASE("quoted-printable lines end softly at 76 characters, never inside an escape") {
  const std::string long_line =
      encoded(std::string(200, 'x') + "é" + std::string(73, 'y') + "é", quoted_printable);
  CHECK(long_line == std::string(75, 'x') + "=\r\n" + std::string(75, 'x') + "=\r\n" + std::string(50, 'x') +
                         "=C3=A9" + std::string(19, 'y') + "=\r\n" + std::string(54, 'y') + "=C3=A9");
  CHECK(encoded(std::string(76, 'x'), quoted_printable) == std::string(76, 'x'));
  CHECK(encoded(std::string(74, 'x') + "é", quoted_printable) == std::string(74, 'x') + "=\r\n=C3=A9");
}

TEST_CASE("base64 comes in lines of 76 characters") {
  std::string out;
  append_base64(out, std::string(58, '\0'));
  CHECK(out == std::string(76, 'A') + "\r\nAA==");
  out.clear();
  append_base64(out, std::string(57, '\0'));
  CHECK(out == std::string(76, 'A'));
}
