#include "runtime/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace lastcall {
namespace {

/// What OpenSSL says of its first failure, which is the cause of the others; empties its queue.
std::string openssl_reason() {
  std::string reason = "no reason given";
  if (const unsigned long code = ERR_peek_error(); code != 0) {
    const char* text =
        ERR_SYSTEM_ERROR(code) ? std::strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    if (text != nullptr) reason = text;
  }
  ERR_clear_error();
  return reason;
}

error unusable(const std::string& message) {
  return error{error_kind::tls, "", message + " (" + openssl_reason() + ")"};
}

/// OpenSSL would ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) noexcept { return 0; }

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned offered_size, void* own) noexcept {
  const auto& wanted = *static_cast<const std::string*>(own);
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(wanted.data()),
                            static_cast<unsigned>(wanted.size()), offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

ssl_ctx_st* new_client_context() noexcept {
  ssl_ctx_st* made = SSL_CTX_new(TLS_client_method());
  if (made == nullptr) return nullptr;
  SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION);
  SSL_CTX_set_mode(made, SSL_MODE_RELEASE_BUFFERS);
  return made;
}

}  // namespace

tls_context::~tls_context() { SSL_CTX_free(context_); }

ssl_ctx_st* tls_context::native() noexcept {
  if (context_ == nullptr) {
    context_ = new_client_context();
    // Without roots no certificate is trusted, and the handshake says why.
    if (context_ == nullptr || SSL_CTX_set_default_verify_paths(context_) != 1) ERR_clear_error();
  }
  return context_;
}

result<std::unique_ptr<tls_context>> tls_context::for_client(const std::string& ca_file,
                                                             std::string named_by) {
  ERR_clear_error();
  std::unique_ptr<tls_context> made(new tls_context(nullptr));
  made->roots_named_by_ = std::move(named_by);
  if (ca_file.empty()) return made;
  made->context_ = new_client_context();
  if (made->context_ == nullptr) return unusable("OpenSSL can't be used");
  if (SSL_CTX_load_verify_locations(made->context_, ca_file.c_str(), nullptr) != 1) {
    return unusable(made->roots_named_by_ + ": '" + ca_file +
                    "' can't be used as a file of trusted roots; it must hold certificates in PEM form");
  }
  return made;
}

result<std::unique_ptr<tls_context>> tls_context::for_server(const std::string& certificate_file,
                                                             const std::string& key_file,
                                                             const std::string& protocol) {
  ERR_clear_error();
  std::unique_ptr<tls_context> made(new tls_context(SSL_CTX_new(TLS_server_method())));
  if (made->context_ == nullptr) return unusable("OpenSSL can't be used");
  SSL_CTX_set_min_proto_version(made->context_, TLS1_2_VERSION);
  SSL_CTX_set_mode(made->context_, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(made->context_, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(made->context_, &no_passphrase);
  if (!protocol.empty()) {
    made->protocol_ = static_cast<char>(protocol.size()) + protocol;
    SSL_CTX_set_alpn_select_cb(made->context_, &select_protocol, &made->protocol_);
  }
  if (SSL_CTX_use_certificate_chain_file(made->context_, certificate_file.c_str()) != 1)
    return unusable("'" + certificate_file +
                    "' can't be used as a certificate chain; it must be in PEM form");
  if (SSL_CTX_use_PrivateKey_file(made->context_, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return unusable("'" + key_file + "' can't be used as the key of '" + certificate_file + "'");
  return made;
}

}  // namespace lastcall
