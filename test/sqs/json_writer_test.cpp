#include "sqs/json_writer.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace lastcall::sqs;

TEST_CASE("objects, arrays and members are separated by commas, at every depth") {
  json_writer out;
  out.object([&] {
    out.member("a", "b");
    out.member("n", -7);
    out.object("empty", [] {});
    out.array("list", [&] {
      out.element("x");
      out.object([&] { out.member("y", 1); });
      out.object([&] { out.array("z", [] {}); });
    });
    out.member("last", "");
  });
  CHECK(out.take() == R"({"a":"b","n":-7,"empty":{},"list":["x",{"y":1},{"z":[]}],"last":""})");
}

TEST_CASE("texts are escaped where JSON wants it, and nowhere else") {
  json_writer out;
  out.object([&] { out.member("k\"", "\"\\/\b\f\n\r\t\x01\x1F\x7F Gr\xC3\xBC\xC3\x9F"); });
  CHECK(out.take() ==
        "{\"k\\\"\":\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u001f\x7F Gr\xC3\xBC\xC3\x9F\"}");
}

TEST_CASE("what is written is what is read") {
  std::string every;
  for (int c = 0; c < 128; ++c)
    every.push_back(static_cast<char>(c));
  json_writer out;
  out.object([&] { out.member("every", every); });
  CHECK(nlohmann::json::parse(out.take()).at("every").get<std::string>() == every);
}
