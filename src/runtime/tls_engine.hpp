#pragma once

#include "base/error.hpp"
#include "runtime/tls.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;             // OpenSSL's SSL
struct x509_store_ctx_st;  // OpenSSL's X509_STORE_CTX

namespace lastcall {

/// One TLS connection without its network: plain bytes on one side, wire bytes on the other. Whoever owns it
/// moves the wire bytes: sends `output`, feeds what was received to `receive`.
class tls_engine {
 public:
  enum class role { client, server };
  enum class step {
    done,       ///< it has been done
    need_input  ///< wire bytes are needed first, after those of `output` were sent
  };

  /// As a client it verifies the peer's certificate for `host`: a name, or an address in text form. As a
  /// server `host` is not used. The context outlives it.
  tls_engine(tls_context&, role, std::string host);
  ~tls_engine();
  tls_engine(const tls_engine&) = delete;
  tls_engine& operator=(const tls_engine&) = delete;

  /// Goes on with the handshake. The error says which host, what is wrong and what to do; `output` may then
  /// hold the alert that tells the peer.
  result<step> handshake();
  /// Reads plain bytes; `read` says how many. After the peer's close_notify: `error_kind::network`, code
  /// "eof".
  result<step> read(std::span<char> into, std::size_t& read);
  /// Turns plain bytes into wire bytes, all of them.
  result<void> write(std::string_view plain);
  /// Says goodbye: a close_notify in `output`. The peer's is not waited for.
  void close_notify() noexcept;

  /// Takes wire bytes that were received.
  void receive(std::string_view wire);
  /// The peer has ended the connection below TLS. An error of kind network: code "eof" only if TLS was ended
  /// before.
  error ended() const;
  /// Wire bytes that are to be sent; emptied by the caller.
  std::string& output();
  /// Whether plain bytes could be read, the peer's end included, without waiting for the network. Takes in
  /// what is between: session tickets and key updates (RFC 8446 §4.6) are no data.
  bool has_plain() noexcept;

 private:
  static int note_refused(int is_good, x509_store_ctx_st*) noexcept;
  error failed(const char* doing);
  error not_verified(long why) const;

  struct free_ssl {
    void operator()(ssl_st*) const noexcept;
  };
  std::unique_ptr<ssl_st, free_ssl> ssl_;
  std::string host_;
  const std::string& roots_named_by_;  ///< the context's
  std::string names_;                  ///< of a certificate that was not accepted
  std::string output_;
  bool is_up_{false};
  bool is_broken_{false};
};

}  // namespace lastcall
