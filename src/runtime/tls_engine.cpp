#include "runtime/tls_engine.hpp"

#include "base/encoding.hpp"

#include <climits>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cassert>
#include <cstring>
#include <new>

namespace lastcall {
namespace {

bool is_address(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

/// The names that a certificate is good for, for the operator to compare.
std::string names_of(X509* certificate) {
  std::string names;
  auto* list =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list) && names.size() < 200; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    if (name->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    if (!names.empty()) names += ", ";
    names += printable({text, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))}, 80);
  }
  GENERAL_NAMES_free(list);
  return names.empty() ? "other names" : names;
}

std::string advice(long why, const std::string& names, const std::string& roots_named_by) {
  switch (why) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "it is a certificate for " + names + "; use one of them in the endpoint";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "check this machine's clock, or have the server's certificate renewed";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "if you trust its issuer, name a file (PEM) with the issuer's certificate in " + roots_named_by +
             "; on a bare system the package ca-certificates may be missing";
    default:
      return "the connection was not used";
  }
}

}  // namespace

void tls_engine::free_ssl::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }

tls_engine::tls_engine(tls_context& context, role as, std::string host)
    : ssl_(SSL_new(context.native())), host_(std::move(host)), roots_named_by_(context.roots_named_by()) {
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (!ssl_ || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    throw std::bad_alloc();
  }
  BIO_set_mem_eof_return(in, -1);  // an empty buffer means "later", not "the end"
  BIO_set_mem_eof_return(out, -1);
  SSL_set_bio(ssl_.get(), in, out);
  if (as == role::server) {
    SSL_set_accept_state(ssl_.get());
    return;
  }
  SSL_set_connect_state(ssl_.get());
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, &note_refused);
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl_.get());
  bool is_set = false;
  if (is_address(host_)) {
    is_set = X509_VERIFY_PARAM_set1_ip_asc(verify, host_.c_str()) == 1;
  } else {
    // A final dot is of DNS, not of certificates (RFC 6066 §3 leaves it out as well).
    const std::string name = host_.ends_with('.') ? host_.substr(0, host_.size() - 1) : host_;
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    is_set = !name.empty() && X509_VERIFY_PARAM_set1_host(verify, name.c_str(), name.size()) == 1 &&
             SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) == 1;
  }
  is_broken_ = !is_set;  // no name to verify: never connect unverified
}

tls_engine::~tls_engine() = default;

result<tls_engine::step> tls_engine::handshake() {
  if (is_broken_)
    return error{error_kind::tls, "", "'" + printable(host_, 200) + "' is not a name that TLS can verify"};
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) {
    is_up_ = true;
    return step::done;
  }
  if (SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ) return step::need_input;
  const long why = SSL_get_verify_result(ssl_.get());
  if (SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE && why != X509_V_OK) {
    is_broken_ = true;
    ERR_clear_error();
    return not_verified(why);
  }
  return failed("the TLS handshake failed");
}

result<tls_engine::step> tls_engine::read(std::span<char> into, std::size_t& read) {
  ERR_clear_error();
  const int done = SSL_read_ex(ssl_.get(), into.data(), into.size(), &read);
  if (done == 1) return step::done;
  switch (SSL_get_error(ssl_.get(), done)) {
    case SSL_ERROR_WANT_READ:
      return step::need_input;
    case SSL_ERROR_ZERO_RETURN:
      return ended();
    default:
      return failed("TLS failed");
  }
}

result<void> tls_engine::write(std::string_view plain) {
  while (!plain.empty()) {
    ERR_clear_error();
    std::size_t written = 0;
    if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written) != 1) return failed("TLS failed");
    plain.remove_prefix(written);
  }
  return {};
}

void tls_engine::close_notify() noexcept {
  SSL_shutdown(ssl_.get());  // which does nothing before the handshake is done and after a failure
  ERR_clear_error();
}

void tls_engine::receive(std::string_view wire) {
  assert(wire.size() <= INT_MAX);
  const int taken = BIO_write(SSL_get_rbio(ssl_.get()), wire.data(), static_cast<int>(wire.size()));
  assert(taken == static_cast<int>(wire.size()));
  static_cast<void>(taken);
}

error tls_engine::ended() const {
  if ((SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0)
    return error{error_kind::network, "eof", "the peer closed the connection"};
  if (!is_up_)
    return error{error_kind::tls, "",
                 "the peer closed the connection during the TLS handshake; does it speak TLS on this port?"};
  return error{error_kind::network, "truncated",
               "the connection ended without TLS's end: what was read may be cut"};
}

std::string& tls_engine::output() {
  BIO* out = SSL_get_wbio(ssl_.get());
  if (const std::size_t pending = BIO_ctrl_pending(out); pending != 0) {
    const std::size_t before = output_.size();
    output_.resize(before + pending);
    const int taken = BIO_read(out, output_.data() + before, static_cast<int>(pending));
    output_.resize(before + static_cast<std::size_t>(taken > 0 ? taken : 0));
  }
  return output_;
}

bool tls_engine::has_plain() noexcept {
  ERR_clear_error();
  char byte = 0;
  std::size_t seen = 0;
  const int done = SSL_peek_ex(ssl_.get(), &byte, 1, &seen);
  if (done == 1) return true;
  const bool is_quiet = SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ;
  ERR_clear_error();
  return !is_quiet;
}

error tls_engine::failed(const char* doing) {
  is_broken_ = true;
  const unsigned long code = ERR_peek_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  const bool is_not_tls = ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER;
  // OpenSSL knows the first words of HTTP. Such a client understands no alert.
  if (ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST)
    output_ +=
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 54\r\n"
        "Connection: close\r\n\r\nthis port speaks TLS only: use https instead of http\r\n";
  ERR_clear_error();
  std::string message = doing;
  message += host_.empty() ? "" : " with " + printable(host_, 200);
  message += ": ";
  message += reason != nullptr ? reason : "the peer broke the protocol";
  if (is_not_tls) message += " (the peer seems not to speak TLS on this port, or only versions below 1.2)";
  return error{error_kind::tls, "", std::move(message)};
}

/// Changes nothing of the verdict; the certificate can't be had any more when the handshake has failed.
int tls_engine::note_refused(int is_good, x509_store_ctx_st* store) noexcept {
  if (is_good == 1 || X509_STORE_CTX_get_error_depth(store) != 0) return is_good;
  const auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  X509* certificate = X509_STORE_CTX_get_current_cert(store);
  if (ssl != nullptr && certificate != nullptr)
    static_cast<tls_engine*>(SSL_get_app_data(ssl))->names_ = names_of(certificate);
  return is_good;
}

error tls_engine::not_verified(long why) const {
  return error{error_kind::tls, "certificate",
               "the certificate of " + printable(host_, 200) + " was not accepted: " +
                   X509_verify_cert_error_string(why) + "; " + advice(why, names_, roots_named_by_)};
}

}  // namespace lastcall
