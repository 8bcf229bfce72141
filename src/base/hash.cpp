#include "base/hash.hpp"

#include "base/encoding.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cassert>
#include <memory>

namespace lastcall {
namespace {

/// A digest fetched once: EVP_sha256() is looked up again by OpenSSL 3 at every use, which costs more than the hash.
struct fetched_digest {
  explicit fetched_digest(const char* name)
      : algorithm(EVP_MD_fetch(nullptr, name, nullptr), &EVP_MD_free) {
    assert(algorithm != nullptr);
  }
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm;
};

void digest(const EVP_MD* algorithm, std::string_view bytes, unsigned char* out) {
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                     &EVP_MD_CTX_free);
  const bool done = EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), out, nullptr) == 1;
  assert(done);
  static_cast<void>(done);
}

const EVP_MD* sha256_algorithm() {
  static const fetched_digest fetched("SHA256");
  return fetched.algorithm.get();
}

}  // namespace

std::array<unsigned char, 32> sha256(std::string_view bytes) {
  std::array<unsigned char, 32> out{};
  digest(sha256_algorithm(), bytes, out.data());
  return out;
}

std::string sha256_hex(std::string_view bytes) { return to_hex(as_text(sha256(bytes))); }

std::array<unsigned char, 32> hmac_sha256(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, 32> out{};
  unsigned length = 0;
  const unsigned char* done =
      HMAC(sha256_algorithm(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out.data(), &length);
  assert(done != nullptr && length == out.size());
  static_cast<void>(done);
  return out;
}

std::string md5_hex(std::string_view bytes) {
  static const fetched_digest fetched("MD5");
  std::array<unsigned char, 16> out{};
  digest(fetched.algorithm.get(), bytes, out.data());
  return to_hex(as_text(out));
}

}  // namespace lastcall
