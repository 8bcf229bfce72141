#include "base/hash.hpp"

#include "base/encoding.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cassert>
#include <memory>

namespace lastcall {
namespace {

/// A digest fetched once: EVP_sha256() is looked up again by OpenSSL 3 at every use, which costs more than
/// the hash.
struct fetched_digest {
  explicit fetched_digest(const char* name) : algorithm(EVP_MD_fetch(nullptr, name, nullptr), &EVP_MD_free) {
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
}

const EVP_MD* sha256_algorithm() {
  static const fetched_digest fetched("SHA256");
  return fetched.algorithm.get();
}

/// A context that knows its digest: given again at each use it would be looked up again each time.
EVP_MAC_CTX* hmac_sha256_context() {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                               &EVP_MAC_free);
  assert(hmac != nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(hmac.get());
  char digest_name[] = "SHA256";
  const OSSL_PARAM digest_is[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                                  OSSL_PARAM_construct_end()};
  const bool set = EVP_MAC_CTX_set_params(context, digest_is) == 1;
  assert(set);
  return context;
}

}  // namespace

std::array<unsigned char, 32> sha256(std::string_view bytes) {
  std::array<unsigned char, 32> out{};
  digest(sha256_algorithm(), bytes, out.data());
  return out;
}

std::string sha256_hex(std::string_view bytes) { return to_hex(as_text(sha256(bytes))); }

std::array<unsigned char, 32> hmac_sha256(std::string_view key, std::string_view bytes) {
  thread_local const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(hmac_sha256_context(),
                                                                                       &EVP_MAC_CTX_free);
  std::array<unsigned char, 32> out{};
  std::size_t length = 0;
  // A null key would mean "the key of last time".
  const auto* key_bytes = reinterpret_cast<const unsigned char*>(key.empty() ? "" : key.data());
  const bool done = EVP_MAC_init(context.get(), key_bytes, key.size(), nullptr) == 1 &&
                    EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                                   bytes.size()) == 1 &&
                    EVP_MAC_final(context.get(), out.data(), &length, out.size()) == 1;
  assert(done && length == out.size());
  return out;
}

std::string md5_hex(std::string_view bytes) {
  static const fetched_digest fetched("MD5");
  std::array<unsigned char, 16> out{};
  digest(fetched.algorithm.get(), bytes, out.data());
  return to_hex(as_text(out));
}

std::string sha1_hex(std::string_view bytes) {
  static const fetched_digest fetched("SHA1");
  std::array<unsigned char, 20> out{};
  digest(fetched.algorithm.get(), bytes, out.data());
  return to_hex(as_text(out));
}

}  // namespace lastcall
