#include "http/serializer.hpp"

#include "base/encoding.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace lastcall::http {
namespace {

/// RFC 9110 §5.6.2.
bool is_token(std::string_view text) noexcept {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

/// RFC 9110 §5.5: what other parts of the path may take for the end of the field is refused; so are other
/// controls.
bool is_value(std::string_view text) noexcept {
  unsigned controls = 0;  // looked at to the end, so that the compiler takes many bytes at once
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    controls |= static_cast<unsigned>((byte < 0x20) & (byte != '\t')) | static_cast<unsigned>(byte == 0x7F);
  }
  return controls == 0;
}

bool is_target(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7F;
  });
}

error refused(const char* what, std::string_view value) {
  return error{error_kind::invalid, "",
               std::string(what) + " can't be sent over HTTP: '" + printable(value, 100) + "'"};
}

result<void> check(const headers& fields) {
  for (const header& field : fields) {
    if (!is_token(field.name)) return refused("the header name", field.name);
    if (!is_value(field.value))
      return refused(("the value of the header " + field.name).c_str(), "(not shown)");
  }
  for (const std::string_view own : {"Content-Length", "Transfer-Encoding", "Connection"})
    if (fields.has(own)) return refused("a header that is written for each request", own);
  return {};
}

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  const auto [end, problem] = std::to_chars(std::begin(digits), std::end(digits), number);
  static_cast<void>(problem);
  out.append(digits, end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_fields(std::string& out, const headers& fields) {
  for (const header& field : fields)
    append_field(out, field.name, field.value);
}

void append_length(std::string& out, std::size_t length) {
  out.append("Content-Length: ");
  append_number(out, length);
  out.append("\r\n");
}

}  // namespace

result<void> serialize(const request& message, std::string_view host, bool keep_alive, std::string& out) {
  if (!is_token(message.method)) return refused("the method", message.method);
  if (!is_target(message.target)) return refused("the target", message.target);
  if (!is_value(host)) return refused("the host", host);
  if (const result<void> fields = check(message.headers); !fields) return fields.error();
  out.append(message.method).append(" ").append(message.target).append(" HTTP/1.1\r\n");
  if (!message.headers.has("Host")) append_field(out, "Host", host);
  append_fields(out, message.headers);
  // RFC 9110 §8.6: a method that anticipates a body says so even when it is empty.
  const bool takes_body = message.method != "GET" && message.method != "HEAD" && message.method != "DELETE";
  if (!message.body.empty() || takes_body) append_length(out, message.body.size());
  if (!keep_alive) append_field(out, "Connection", "close");
  out.append("\r\n").append(message.body);
  return {};
}

result<void> serialize(const response& message, std::string_view date, bool is_to_head, bool keep_alive,
                       std::string& out) {
  if (message.status < 200 || message.status > 599)
    return refused("the status", std::to_string(message.status));
  if (const result<void> fields = check(message.headers); !fields) return fields.error();
  out.append("HTTP/1.1 ");
  append_number(out, message.status);
  out.append(" ").append(reason_phrase(message.status)).append("\r\n");
  if (!message.headers.has("Date")) append_field(out, "Date", date);
  append_fields(out, message.headers);
  const bool has_body = message.status != 204 && message.status != 304;  // RFC 9112 §6.3
  if (has_body) append_length(out, message.body.size());
  if (!keep_alive) append_field(out, "Connection", "close");
  out.append("\r\n");
  if (has_body && !is_to_head) out.append(message.body);
  return {};
}

std::string_view reason_phrase(unsigned status) noexcept {
  const auto known = boost::beast::http::int_to_status(status);
  if (known == boost::beast::http::status::unknown) return "Unknown";
  const auto phrase = boost::beast::http::obsolete_reason(known);
  return {phrase.data(), phrase.size()};
}

}  // namespace lastcall::http
