#pragma once

#include "base/error.hpp"

#include <memory>
#include <string>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace lastcall {

/// What TLS connections share: protocol versions (1.2 and 1.3), trusted roots, the server's certificate.
/// Made once at start; used from the strands of one thread.
class tls_context {
 public:
  /// For clients: trusts the system's roots, which OpenSSL's SSL_CERT_FILE replaces, or those of `ca_file` (PEM)
  /// alone. `named_by`: where the operator names such a file, for what is told when a certificate is not accepted.
  /// With the system's roots all is made when the first connection needs it: that takes tens of milliseconds and
  /// megabytes, which a plain endpoint should not cost.
  static result<std::unique_ptr<tls_context>> for_client(const std::string& ca_file = {},
                                                         std::string named_by = "SSL_CERT_FILE");
  /// For servers: certificate chain and key from PEM files; a key that needs a passphrase can't be used.
  /// With `protocol` a client that names protocols (ALPN, RFC 7301) must name that one; without it nobody is
  /// asked.
  static result<std::unique_ptr<tls_context>> for_server(const std::string& certificate_file,
                                                         const std::string& key_file,
                                                         const std::string& protocol = {});
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  /// Complete, with its roots; null where OpenSSL can't be used. One thread at a time until the first call has returned.
  ssl_ctx_st* native() noexcept;
  const std::string& roots_named_by() const noexcept { return roots_named_by_; }

 private:
  explicit tls_context(ssl_ctx_st* owned) noexcept : context_(owned) {}
  ssl_ctx_st* context_;  ///< null: to be made
  std::string roots_named_by_;
  std::string protocol_;  ///< as on the wire: its length and its name
};

}  // namespace lastcall
