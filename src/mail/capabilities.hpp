#pragma once

#include "mail/reply.hpp"

#include <cstdint>
#include <optional>

namespace lastcall::mail {

/// What a server offers in its answer to EHLO, as far as this client uses it.
struct capabilities {
  bool starttls{false};    ///< RFC 3207
  bool pipelining{false};  ///< RFC 2920
  bool smtputf8{false};    ///< RFC 6531
  bool auth_plain{false};  ///< RFC 4616
  bool auth_login{false};  ///< draft-murchison-sasl-login: obsolete, and everywhere
  bool size{false};        ///< RFC 1870
  std::optional<std::uint64_t> max_size_bytes;

  bool operator==(const capabilities&) const = default;
};

/// Reads a positive answer to EHLO (RFC 5321 §4.1.1.1): a keyword a line after the first, whatever its case.
capabilities parse_capabilities(const reply&);

}  // namespace lastcall::mail
