#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace lastcall {

/// What an error means to the code that meets it. The text for the operator is in `error::message`.
enum class error_kind {
  cancelled,  ///< the caller gave it up; nothing went wrong
  timeout,    ///< no answer before the deadline; the effect may have happened
  network,    ///< the connection failed, or ended too early; the effect may have happened
  tls,        ///< the peer could not be authenticated, or the handshake failed; nothing was sent
  protocol,   ///< the peer answered something that the protocol does not allow
  service,    ///< the peer answered with an error of its own, named by `error::code`
  invalid,    ///< the input is not acceptable; trying again changes nothing
  io          ///< a file or another local resource failed
};

/// An expected failure: what kind, its name where the protocol gives one, and one line for the operator.
struct error {
  error_kind kind{};
  /// The service's own name of it ("QueueDoesNotExist", "550 5.1.1"), empty where there is none.
  std::string code;
  /// One line that says what failed, with what, and what to do. Never holds a secret.
  std::string message;
};

/// A value or an `error`. Errors that may happen in use are returned, never thrown.
template <class T>
using result = boost::system::result<T, error>;

/// Thrown by `result::value()` when there is none, and for bad configuration at start.
class failure : public std::runtime_error {
 public:
  explicit failure(error e) : std::runtime_error(e.message), error_(std::move(e)) {}
  const error& why() const noexcept { return error_; }

 private:
  error error_;
};

[[noreturn]] inline void throw_exception_from_error(const error& e, const boost::source_location&) {
  throw failure(e);
}

}  // namespace lastcall
