#include "sqs/attributes_md5.hpp"

#include <doctest/doctest.h>

using namespace lastcall::sqs;

TEST_CASE("attributes have the MD5 of their length-prefixed form, sorted by name, types in full") {
  CHECK(attributes_md5({{"timestamp", {"Number", "1493147359900"}}}) == "235c5c510d26fb653d073faed50ae77c");
  CHECK(attributes_md5({{"b", {"Binary.png", std::string("\x00\xFF\x80", 3)}},
                        {"a", {"String.x", "\xC3\xBC"}},
                        {"B", {"Number", "1"}}}) == "25847aa49759343d0758d0b990b7396e");
}

TEST_CASE("the trace header has an MD5 of its own") {
  CHECK(system_attributes_md5("Root=1-5e3d83c1-e6a0db584850d61342823d4c") ==
        "6472ca59cc502acef6ee773ee630483f");
}

TEST_CASE("where there is nothing, there is no MD5") {
  CHECK(attributes_md5({}).empty());
  CHECK(system_attributes_md5("").empty());
}
