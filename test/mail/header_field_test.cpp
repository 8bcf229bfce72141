#include "mail/header_field.hpp"

#include "mail/encoded_word.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace lastcall::mail;

namespace {

std::size_t longest_line(std::string_view text) {
  std::size_t longest = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\r\n"), text.size());
    longest = std::max(longest, end);
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return longest;
}

}  // namespace

TEST_CASE("plain text stands as it is") {
  CHECK(text_field("Subject", "Your order") == "Subject: Your order\r\n");
  CHECK(text_field("Subject", "") == "Subject:\r\n");
}

TEST_CASE("long text is folded at its spaces, which are kept") {
  const std::string field = text_field("Subject",
                                       "one two three four five six seven eight nine ten eleven   twelve "
                                       "thirteen fourteen fifteen");
  CHECK(field ==
        "Subject: one two three four five six seven eight nine ten eleven   twelve\r\n"
        " thirteen fourteen fifteen\r\n");
}

TEST_CASE("text that ASCII can't hold, or that would be read as something else, becomes encoded words") {
  CHECK(text_field("Subject", "Viele Grüße") == "Subject: =?utf-8?B?VmllbGUgR3LDvMOfZQ==?=\r\n");
  CHECK(text_field("Subject", "Ein Gruß aus München") ==
        "Subject: =?utf-8?Q?Ein_Gru=C3=9F_aus_M=C3=BCnchen?=\r\n");
  CHECK(text_field("Subject", "Привет") == "Subject: =?utf-8?B?0J/RgNC40LLQtdGC?=\r\n");
  CHECK(text_field("Subject", "=?utf-8?Q?x?=") == "Subject: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?=\r\n");
  CHECK(text_field("Subject", " x") == "Subject: =?utf-8?Q?_x?=\r\n");
  CHECK(text_field("Subject", "a\tb") == "Subject: =?utf-8?B?YQli?=\r\n");
}

TEST_CASE("encoded words have at most 75 characters, their lines 76, and no character is split") {
  const std::string text =
      "Žluťoučký kůň úpěl ďábelské ódy. 夏草や兵どもが夢の跡 — und so weiter, immer weiter 🎉🎉🎉";
  for (const std::size_t room : {75UL, 66UL, 40UL, 1UL}) {
    for (const std::string& word : encoded_words(text, room)) {
      CHECK(word.size() <= 75);
      CHECK(word.starts_with("=?utf-8?B?"));
      // Whole characters: base64 of UTF-8 never begins with a continuation byte.
      CHECK(std::string_view("ghijklmnopqrstuv").find(word[10]) == std::string_view::npos);
    }
  }
  CHECK(longest_line(text_field("Subject", text + text + text)) <= 76);
  CHECK(longest_line(text_field("Subject", std::string(300, 'x'))) <= 76);
}

TEST_CASE("fields of the sender's own keep their structure as long as they are ASCII") {
  const std::string link = "<https://example.com/" + std::string(100, 'x') + ">";
  CHECK(custom_field("List-Unsubscribe", link) == "List-Unsubscribe: " + link + "\r\n");
  CHECK(custom_field("List-Unsubscribe", "<mailto:a@b.example>, " + link) ==
        "List-Unsubscribe: <mailto:a@b.example>,\r\n " + link + "\r\n");
  CHECK(custom_field("X-Kunde", "Jürgen") == "X-Kunde: =?utf-8?Q?J=C3=BCrgen?=\r\n");
}

TEST_CASE("names in addresses are atoms, quoted strings or encoded words") {
  CHECK(address_field("To", {{"", "a@x.example"}}) == "To: a@x.example\r\n");
  CHECK(address_field("To", {{"Ada Lovelace", "a@x.example"}}) == "To: Ada Lovelace <a@x.example>\r\n");
  CHECK(address_field("To", {{"Lovelace, Ada", "a@x.example"}}) == "To: \"Lovelace, Ada\" <a@x.example>\r\n");
  CHECK(address_field("To", {{R"(A "B" \C)", "a@x.example"}}) == R"(To: "A \"B\" \\C" <a@x.example>)"
                                                                 "\r\n");
  CHECK(address_field("To", {{"Žofie Nováková", "z@x.example"}, {"", "b@x.example"}}) ==
        "To: =?utf-8?B?xb1vZmllIE5vdsOha292w6E=?= <z@x.example>, b@x.example\r\n");
}

TEST_CASE("many addresses are folded between them") {
  const std::vector<mailbox> many(20, mailbox{"Somebody with a name", "somebody@mail.example.com"});
  const std::string field = address_field("To", many);
  CHECK(longest_line(field) <= 76);
  CHECK(std::count(field.begin(), field.end(), ',') == 19);
}

TEST_CASE("parameters are tokens, quoted strings, or encoded and continued (RFC 2231)") {
  CHECK(parameter_field("Content-Disposition", "attachment", {{"filename", "a.pdf"}}) ==
        "Content-Disposition: attachment; filename=a.pdf\r\n");
  CHECK(parameter_field("Content-Disposition", "attachment", {{"filename", "my \"best\" file.pdf"}}) ==
        "Content-Disposition: attachment; filename=\"my \\\"best\\\" file.pdf\"\r\n");
  CHECK(parameter_field("Content-Disposition", "attachment", {{"filename", "it's.pdf"}}) ==
        "Content-Disposition: attachment; filename=\"it's.pdf\"\r\n");
  CHECK(parameter_field("Content-Disposition", "inline", {}) == "Content-Disposition: inline\r\n");
  CHECK(parameter_field("Content-Disposition", "attachment", {{"filename", "Übersicht 1.pdf"}}) ==
        "Content-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht%201.pdf\r\n");
  const std::string field = parameter_field("Content-Disposition", "attachment",
                                            {{"filename", "Ein sehr langer Name für eine Übersicht.pdf"}});
  CHECK(field ==
        "Content-Disposition: attachment;\r\n"
        " filename*0*=utf-8''Ein%20sehr%20langer%20Name%20f%C3%BCr%20eine%20%C3%9C;\r\n"
        " filename*1*=bersicht.pdf\r\n");
}
