#include "base/json_text.hpp"

#include <doctest/doctest.h>

#include <string>

namespace lastcall {

TEST_CASE("a run of plain text ends at a quote, a backslash or a control character, wherever it stands") {
  for (std::size_t length = 0; length < 200; ++length) {
    const std::string plain(length, 'x');
    CHECK(json_plain_run(plain).bytes == length);
    for (const char end : {'"', '\\', '\n', '\0', '\x1F'})
      CHECK(json_plain_run(plain + end + "y\"").bytes == length);
    for (const char within : {' ', '\x7F', '/', '!', '#', '[', ']', '\xFF', '\x80'})
      CHECK(json_plain_run(plain + within + "\"").bytes == length + 1);
  }
}

TEST_CASE("a run that is said to be ASCII is") {
  for (std::size_t at = 0; at < 200; ++at) {
    std::string text(200, 'x');
    CHECK(json_plain_run(text).is_ascii);
    text[at] = '\xC3';
    CHECK_FALSE(json_plain_run(text).is_ascii);
    text.insert(at, "\"");
    CHECK(json_plain_run(text).bytes == at);
  }
}

}  // namespace lastcall
