#pragma once

#include "base/error.hpp"

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace lastcall {

/// What TLS connections share: protocol versions (1.2 and 1.3), trusted roots, the server's certificate.
/// Made once at start; used from the strands of one thread.
class tls_context {
 public:
  /// For clients: trusts the system's roots, or those of `ca_file` (PEM) alone. SSL_CERT_FILE and AWS_CA_BUNDLE are the
  /// caller's to read.
  static result<std::unique_ptr<tls_context>> for_client(const std::string& ca_file = {});
  /// For servers: certificate chain and key from PEM files.
  static result<std::unique_ptr<tls_context>> for_server(const std::string& certificate_file,
                                                         const std::string& key_file);
  ~tls_context();

  boost::asio::ssl::context& native() noexcept { return *context_; }

 private:
  explicit tls_context(std::unique_ptr<boost::asio::ssl::context>);
  std::unique_ptr<boost::asio::ssl::context> context_;
};

}  // namespace lastcall
