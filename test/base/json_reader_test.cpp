#include "base/json_reader.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace lastcall {
namespace {

std::string read_text(std::string_view json) {
  json_reader in(json);
  std::string text = in.text();
  return in.finish() ? text : "error: " + in.problem();
}

}  // namespace

TEST_CASE("texts are read with their escapes resolved") {
  CHECK(read_text(R"("")") == "");
  CHECK(read_text(R"( "plain, and long enough for more than eight bytes at a time" )") ==
        "plain, and long enough for more than eight bytes at a time");
  CHECK(read_text(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(read_text(R"("\u0041\u00e4\u4E16\uD83C\uDF89")") == "Aä世🎉");
  CHECK(read_text("\"Grüße, 世界 🎉\"") == "Grüße, 世界 🎉");
  CHECK(read_text(R"("\u0000")") == std::string(1, '\0'));
}

TEST_CASE("texts that JSON does not allow are refused") {
  for (const char* wrong :
       {"\"", "\"abc", "\"a\nb\"", "\"\x01\"", R"("\x")", R"("\u12")", R"("\u12G4")", R"("\uD800")",
        R"("\uD800\u0041")", R"("\uDC00")", R"("\)", "\"\xFF\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"",
        "\"ends in half a character \xE4\xB8\"", "abc", ""})
    CHECK(read_text(wrong).starts_with("error: "));
}

TEST_CASE("whole numbers are told from others") {
  const auto number = [](std::string_view json) {
    json_reader in(json);
    return in.whole_number();
  };
  CHECK(number("0") == 0);
  CHECK(number("-12") == -12);
  CHECK(number("9223372036854775807") == 9'223'372'036'854'775'807);
  for (const char* other : {"9223372036854775808", "1.5", "1e3", "-", "+1", ".5", "1.", "1e", "\"1\"", ""})
    CHECK_FALSE(number(other));
}

TEST_CASE("objects and lists are read in order, and what is not wanted is passed over") {
  json_reader in(R"({"skip":{"a":[1,{"b":null}],"c":"}"},"list":[1,2,3],"text":"t","empty":{},"flag":true})");
  std::string seen;
  in.object([&](std::string_view name) {
    seen += std::string(name) + ";";
    if (name == "list")
      in.list([&] { seen += std::to_string(in.whole_number().value()) + ","; });
    else if (name == "text")
      seen += in.text();
    else
      in.skip();
  });
  CHECK(in.finish());
  CHECK(seen == "skip;list;1,2,3,text;tempty;flag;");
}

TEST_CASE("a text is read in place of what was there; any other value leaves it empty") {
  json_reader in(R"(["first",2,{"a":"b"},null,"l\u00e4st"])");
  std::string seen;
  std::string text = "before";
  in.list([&] {
    in.text_if_any(text);
    seen += text + ";";
  });
  CHECK(in.finish());
  CHECK(seen == "first;;;;läst;");
}

TEST_CASE("names are read with their escapes resolved as well") {
  json_reader in(R"({"a\u0062c":1,"plain":2,"":3,"gr\u00fc\u00dfe, and \"long\" enough":4})");
  std::string seen;
  in.object([&](std::string_view name) {
    seen += std::string(name) + "=" + std::to_string(*in.whole_number()) + ";";
  });
  CHECK(in.finish());
  CHECK(seen == "abc=1;plain=2;=3;grüße, and \"long\" enough=4;");
  for (const char* wrong : {R"({"a)", R"({"a\x":1})", "{\"\xFF\":1}", R"({"a\)", R"({1:1})"})
    CHECK_FALSE(is_json(wrong));
}

TEST_CASE("malformed JSON is refused") {
  for (const char* good : {"{}", "[]", " [ ] ", R"({"a":1,"b":[true,false,null,-0.5e+10,"x"]})", "0", "\"\""})
    CHECK(is_json(good));
  for (const char* wrong : {"",
                            " ",
                            "{",
                            "}",
                            "[",
                            "[1",
                            "[1,",
                            "[1,]",
                            "[,1]",
                            "{\"a\"",
                            "{\"a\":",
                            "{\"a\":1",
                            "{\"a\":1,",
                            "{\"a\":1,}",
                            "{a:1}",
                            "{\"a\" 1}",
                            "{\"a\":1 \"b\":2}",
                            "[1 2]",
                            "{}x",
                            "[]]",
                            "tru",
                            "nul",
                            "fals",
                            "truth",
                            "-",
                            "01",
                            "1.",
                            "1e",
                            "[1}",
                            "{\"a\":1]",
                            "\xEF\xBB\xBF{}",
                            "NaN",
                            "'a'"}) {
    CAPTURE(wrong);
    CHECK_FALSE(is_json(wrong));
  }
}

TEST_CASE("nesting is bounded") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(is_json(nested(32)));
  CHECK_FALSE(is_json(nested(33)));
  CHECK_FALSE(is_json(std::string(1'000'000, '[')));
  CHECK_FALSE(is_json([] {
    std::string objects;
    for (int i = 0; i < 100'000; ++i)
      objects += "{\"a\":";
    return objects;
  }()));
}

TEST_CASE("the reader accepts what another parser accepts, of texts broken at random") {
  const std::string sound =
      R"({"QueueUrl":"http://x/0/q","Entries":[{"Id":"1","MessageBody":"a\u00e4\n","DelaySeconds":-1.5e3},{}],"t":true})";
  auto dice = [state = std::uint64_t{7}]() mutable {
    state = state * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;  // Knuth's, MMIX
    return state >> 33;
  };
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string broken = sound;
    for (std::uint64_t changes = dice() % 3 + 1; changes > 0; --changes) {
      const std::size_t at = dice() % broken.size();
      constexpr std::string_view pieces = "{}[]\",:\\0e-. u\nx\xC3";
      if (dice() % 2 == 0)
        broken[at] = pieces[dice() % pieces.size()];
      else
        broken.erase(at, 1 + dice() % 3);
    }
    const bool expected = nlohmann::json::accept(broken);
    CAPTURE(broken);
    REQUIRE(is_json(broken) == expected);
    accepted += expected ? 1 : 0;
  }
  CHECK(accepted > 500);
}

}  // namespace lastcall
