#pragma once

#include "base/error.hpp"
#include "http/message.hpp"

#include <string>
#include <string_view>

namespace lastcall::http {

/// Appends the request's wire form to `out`, with Host, Content-Length and, when not `keep_alive`,
/// Connection. `host` is the authority for the Host header, used unless the request brings its own. Refuses,
/// with nothing appended, what would break the message: a method or header name that is no token, a target
/// with spaces or controls, a header value with CR, LF or NUL, and the headers that the serializer writes
/// itself (RFC 9110 §5.5, RFC 9112 §11.1).
result<void> serialize(const request&, std::string_view host, bool keep_alive, std::string& out);

/// Appends the answer's wire form. `date` is written as the Date header unless the answer brings its own. The
/// answer to a HEAD request has the length of its body but not the body. Refuses as above.
result<void> serialize(const response&, std::string_view date, bool is_to_head, bool keep_alive,
                       std::string& out);

/// The usual phrase of a status, "Unknown" where it has none.
std::string_view reason_phrase(unsigned status) noexcept;

}  // namespace lastcall::http
