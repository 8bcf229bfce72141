#include "mail/dot_stuffing.hpp"

#include "mail/message_reader.hpp"

#include <doctest/doctest.h>

using namespace lastcall::mail;

namespace {

std::string stuffed(std::string_view message, std::size_t block = 65536) {
  dot_stuffer stuffer(message);
  std::string out;
  do {
    out += stuffer.next(block);
  } while (!stuffer.is_at_end());
  return out + ".\r\n";
}

/// What a server gets when the bytes come in pieces of this size; it must be all of them.
std::string received(const std::string& wire, std::size_t piece) {
  message_reader reader(1 << 20);
  std::string buffer;
  for (std::size_t at = 0; at < wire.size(); at += piece) {
    buffer += wire.substr(at, piece);
    const bool is_complete = reader.take(buffer);
    CHECK(is_complete == (at + piece >= wire.size()));
  }
  CHECK(buffer.empty());
  return std::move(reader).finish();
}

}  // namespace

TEST_CASE("a line that begins with a dot gets another") {
  CHECK(stuffed("a\r\n.\r\n..b\r\nc.\r\n") == "a\r\n..\r\n...b\r\nc.\r\n.\r\n");
  CHECK(stuffed(".") == "..\r\n.\r\n");
  CHECK(stuffed("no end") == "no end\r\n.\r\n");
  CHECK(stuffed("") == ".\r\n");
}

TEST_CASE("lone line breaks are mended, so that nothing can end a message early") {
  CHECK(stuffed("a\n.\nMAIL FROM:<x>\r.\r\nb") == "a\r\n..\r\nMAIL FROM:<x>\r\n..\r\nb\r\n.\r\n");
  CHECK(stuffed("a\r\r\nb") == "a\r\n\r\nb\r\n.\r\n");
}

TEST_CASE("what is stuffed in any blocks and read in any pieces is what was written") {
  const std::string message =
      "Subject: x\r\n\r\n.\r\n..\r\n.a\r\n\r\n" + std::string(300, 'y') + "\r\n.\r\nend\r\n";
  for (std::size_t block = 1; block < 20; ++block) {
    const std::string wire = stuffed(message, block);
    CHECK(wire == stuffed(message));
    for (std::size_t piece = 1; piece < 20; ++piece)
      CHECK(received(wire, piece) == message);
  }
}

TEST_CASE("only CRLF ends a line for the reader") {
  message_reader reader(1000);
  std::string bytes = "a\n.\nb\r.\rc\r\n.\r\nQUIT\r\n";
  CHECK(reader.take(bytes));
  CHECK(bytes == "QUIT\r\n");
  CHECK(std::move(reader).finish() == "a\n.\nb\r.\rc\r\n");
}

TEST_CASE("a message that is too long is read to its end and not kept") {
  message_reader reader(10);
  std::string bytes = "0123456\r\nx\r\n.\r\nQUIT\r\n";
  CHECK(reader.take(bytes));
  CHECK(reader.is_too_long());
  CHECK(bytes == "QUIT\r\n");
  CHECK(std::move(reader).finish().empty());
}
