#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lastcall::mail {

/// When a connection to a mail server is encrypted. The certificate is verified whenever it is.
enum class tls_use {
  never,
  opportunistic,  ///< STARTTLS if the server offers it
  required,       ///< STARTTLS, or no mail
  implicit        ///< from the first byte (RFC 8314)
};

/// A mail server to hand messages to, and how.
struct smtp_server {
  std::string host;
  std::uint16_t port{};
  tls_use tls{tls_use::opportunistic};
  std::string user;  ///< empty: no AUTH
  std::string password;
  /// Send user and password over an unencrypted connection, even to another machine.
  bool plaintext_auth{false};
  /// The certificates to trust (PEM) instead of the system's.
  std::string ca_file;

  bool is_loopback() const noexcept;
};

/// Reads `smtp://[user:password@]host[:port][?option&…]` or `smtps://…`. The port is 25, or 465 with smtps.
///
///     starttls=required|opportunistic|never   smtp only; opportunistic if absent
///     plaintext_auth=yes                      see `smtp_server::plaintext_auth`
///     ca_file=/path.pem                       see `smtp_server::ca_file`
///
/// User and password are percent-encoded where they hold one of : @ / ? #
result<smtp_server> parse_smtp_server(std::string_view url);

}  // namespace lastcall::mail
