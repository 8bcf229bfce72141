#include "base/hash.hpp"

#include "base/encoding.hpp"

#include <doctest/doctest.h>

using namespace lastcall;

TEST_CASE("SHA-256 gives the values of FIPS 180-4") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("MD5 gives the values of RFC 1321") {
  CHECK(md5_hex("") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(md5_hex("abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(md5_hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890") ==
        "57edf4a22be3c955ac49da2e2107b67a");
}

TEST_CASE("several MD5s at once are those of each text alone, whatever their lengths and their number") {
  std::vector<std::string> texts;
  for (const std::size_t length :
       {0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1024, 1024, 1025, 5000, 70'000, 3})
    texts.emplace_back(length, static_cast<char>('a' + texts.size()));
  for (std::size_t first = 0; first != texts.size(); ++first)
    for (std::size_t count = 0; first + count <= texts.size(); ++count) {
      const std::vector<std::string_view> some(texts.begin() + static_cast<std::ptrdiff_t>(first),
                                               texts.begin() + static_cast<std::ptrdiff_t>(first + count));
      const std::vector<std::string> digests = md5_hex_of_each(some);
      REQUIRE(digests.size() == count);
      for (std::size_t i = 0; i != count; ++i)
        CHECK(digests[i] == md5_hex(some[i]));
    }
}

TEST_CASE("HMAC-SHA-256 gives the values of RFC 4231") {
  const auto hmac = [](std::string_view key, std::string_view bytes) {
    return to_hex(as_text(hmac_sha256(key, bytes)));
  };
  CHECK(hmac(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac(std::string(20, '\xaa'), std::string(50, '\xdd')) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("an empty key and an empty text have an HMAC too, whatever was computed before") {
  hmac_sha256("another key", "another text");
  CHECK(to_hex(as_text(hmac_sha256({}, {}))) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("SHA-1 gives the digests of FIPS 180") {
  CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(sha1_hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}
