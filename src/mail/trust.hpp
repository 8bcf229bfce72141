#pragma once

#include "runtime/tls.hpp"

#include <memory>
#include <string>
#include <utility>

namespace lastcall::mail {

/// The certificates that a client trusts, read when a connection first needs them: most never do.
class trust {
 public:
  /// `ca_file`: PEM, or empty for the system's.
  explicit trust(std::string ca_file) : ca_file_(std::move(ca_file)) {}

  result<tls_context*> context() {
    if (!context_) {
      auto made = tls_context::for_client(ca_file_, "ca_file of --smtp");
      if (!made) return made.error();
      context_ = std::move(*made);
    }
    return context_.get();
  }

 private:
  std::string ca_file_;
  std::unique_ptr<tls_context> context_;
};

}  // namespace lastcall::mail
