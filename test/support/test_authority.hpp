#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace lastcall::testing {

/// When a certificate is valid, counted from now.
struct validity {
  long from_s{-3600};
  long to_s{3600};
};

/// A certificate authority that lives as long as the test; its files lie in a folder that it removes.
class test_authority {
 public:
  /// A certificate and its key, as PEM files.
  struct identity {
    std::string certificate_file;
    std::string key_file;
  };

  test_authority() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lastcall-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder for test certificates");
    folder_ = pattern;
    key_ = make_key();
    certificate_ = make_certificate("lastcall test authority", *key_, {});
    add_extension(*certificate_, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(*certificate_, NID_key_usage, "critical,keyCertSign,cRLSign");
    sign(*certificate_, *certificate_, *key_);
    write("authority", *certificate_, *key_);
  }
  ~test_authority() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  test_authority(const test_authority&) = delete;
  test_authority& operator=(const test_authority&) = delete;

  /// The authority's own certificate: what a client is to trust.
  std::string root_file() const { return (folder_ / "authority.pem").string(); }
  /// Issues a certificate for these subject alternative names, in OpenSSL's form:
  /// "DNS:a.example,IP:127.0.0.1".
  identity issue(const std::string& names, validity valid = {}) { return make(names, valid, false); }
  /// The same, but signed by itself.
  identity self_signed(const std::string& names) { return make(names, {}, true); }

 private:
  template <auto free>
  struct freed_by {
    template <class T>
    void operator()(T* it) const {
      free(it);
    }
  };
  using key = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
  using certificate = std::unique_ptr<X509, freed_by<X509_free>>;

  identity make(const std::string& names, validity valid, bool is_self_signed) {
    const std::string name = "leaf" + std::to_string(++issued_);
    const key leaf_key = make_key();
    const certificate leaf = make_certificate("lastcall test " + name, *leaf_key, valid);
    add_extension(*leaf, NID_subject_alt_name, names);
    sign(*leaf, is_self_signed ? *leaf : *certificate_, is_self_signed ? *leaf_key : *key_);
    write(name, *leaf, *leaf_key);
    return {(folder_ / (name + ".pem")).string(), (folder_ / (name + ".key")).string()};
  }

  static key make_key() { return key(EVP_EC_gen("P-256")); }

  certificate make_certificate(const std::string& subject, EVP_PKEY& of, validity valid) {
    certificate made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), valid.from_s);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), valid.to_s);
    X509_set_pubkey(made.get(), &of);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
    return made;
  }
  static void add_extension(X509& to, int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    if (extension == nullptr) throw std::runtime_error("bad extension in a test certificate: " + value);
    X509_add_ext(&to, extension, -1);
    X509_EXTENSION_free(extension);
  }
  static void sign(X509& it, X509& issuer, EVP_PKEY& with) {
    X509_set_issuer_name(&it, X509_get_subject_name(&issuer));
    X509_sign(&it, &with, EVP_sha256());
  }
  void write(const std::string& name, X509& it, EVP_PKEY& with) const {
    const auto open = [&](const char* suffix) {
      std::FILE* file = std::fopen((folder_ / (name + suffix)).c_str(), "w");
      if (file == nullptr) throw std::runtime_error("a test certificate can't be written");
      return file;
    };
    std::FILE* file = open(".pem");
    PEM_write_X509(file, &it);
    std::fclose(file);
    file = open(".key");
    PEM_write_PrivateKey(file, &with, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }

  std::filesystem::path folder_;
  key key_;
  certificate certificate_;
  long serial_{0};
  int issued_{0};
};

}  // namespace lastcall::testing
