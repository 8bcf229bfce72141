#pragma once

#include "base/error.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace lastcall::http {

/// What a message may at most take. A message above it is an error, before it is in memory.
struct message_limits {
  std::size_t header_bytes;
  std::size_t body_bytes;
};

/// Parses answers (RFC 9112) from bytes that come in any pieces. No network, no waiting.
class response_parser {
 public:
  explicit response_parser(message_limits);
  ~response_parser();

  /// Begins with a new answer; the one to a HEAD request has no body whatever its headers say (RFC 9112
  /// §6.3).
  void begin(bool is_to_head);
  /// Parses on and returns how many bytes were used. What is left must be given again, with more, unless
  /// `is_done`. Interim answers (1xx) are passed over. Errors are of kind `protocol`; the parser is then of
  /// no use before `begin`.
  result<std::size_t> put(std::string_view bytes);
  /// The peer has closed: the end of an answer whose length was not given, an error within any other.
  result<void> put_end();
  bool is_done() const noexcept;
  /// Whether something of the answer has come.
  bool has_begun() const noexcept;
  /// Once done: whether the connection may be used for another request.
  bool may_keep_alive() const noexcept;
  /// Once done: the answer, moved out.
  response take();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Parses requests (RFC 9112) from bytes that come in any pieces. No network, no waiting.
class request_parser {
 public:
  explicit request_parser(message_limits);
  ~request_parser();

  void begin();
  /// As with `response_parser`. The code of the error is the status to answer: 400, 413, 431, 501 or 505.
  result<std::size_t> put(std::string_view bytes);
  bool is_done() const noexcept;
  /// Whether something of the request has come; empty lines before it do not count (RFC 9112 §2.2).
  bool has_begun() const noexcept;
  bool is_header_done() const noexcept;
  /// Whether the client waits for "100 Continue" before it sends the body (RFC 9110 §10.1.1).
  bool expects_continue() const noexcept;
  /// Once the header is done: whether the client wants the connection kept. One of HTTP/1.0 is not asked.
  bool may_keep_alive() const noexcept;
  /// Once done: the request, moved out.
  request take();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace lastcall::http
