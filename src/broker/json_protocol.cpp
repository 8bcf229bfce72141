#include "broker/json_protocol.hpp"

#include "base/encoding.hpp"
#include "base/json_reader.hpp"
#include "broker/json_shapes.hpp"
#include "broker/read_request.hpp"

#include <fmt/format.h>

namespace lastcall::broker::json_protocol {
namespace {

using problem = std::optional<api_error>;

/// No list or map of the API comes near this; it bounds what a request can make the server hold.
constexpr std::size_t entries_limit = 1000;
/// A batch has at most ten; other lists are mostly shorter.
constexpr std::size_t usual_entries = 10;

std::string_view name_of(json_reader::kind kind) noexcept {
  switch (kind) {
    case json_reader::kind::text:
      return "STRING_VALUE";
    case json_reader::kind::number:
      return "NUMBER_VALUE";
    case json_reader::kind::flag:
      return "BOOLEAN_VALUE";
    case json_reader::kind::list:
      return "START_ARRAY";
    case json_reader::kind::object:
      return "START_OBJECT";
    case json_reader::kind::null:
    case json_reader::kind::nothing:
      break;
  }
  return "NULL_VALUE";
}

/// Fills a request from a JSON text, value by value as they come. Stops at the first that does not fit.
class request_reader {
 public:
  explicit request_reader(std::string_view body) : in_(body) {}

  template <class Request>
  problem operator()(Request& request) {
    read(request);
    if (wrong_) return std::move(wrong_);
    if (!in_.finish())
      return faults::unreadable("The request's body is not a JSON object: " + in_.problem() + ".");
    return std::nullopt;
  }

 private:
  using kind = json_reader::kind;

  /// The member of a shape that has the name that was read: found, and filled, while the shape is described.
  struct named_member {
    request_reader& reader;
    std::string_view name;
    bool found{false};

    template <class T>
    void operator()(const field& f, T& member) {
      if (found || name != f.json) return;
      found = true;
      if (reader.in_.next() == kind::null)
        reader.in_.skip();
      else
        reader.read(member);
    }
  };

  void read(std::string& text) {
    if (is(kind::text, "a String")) text = in_.text();
  }
  void read(std::int64_t& number) {
    if (!is(kind::number, "an Integer")) return;
    const std::optional<std::int64_t> whole = in_.whole_number();
    if (whole)
      number = *whole;
    else if (!in_.failed())
      refuse("NUMBER_VALUE can not be converted to an Integer");
  }
  void read(blob& bytes) {
    if (!is(kind::text, "a Blob")) return;
    auto decoded = from_base64(in_.text());
    if (decoded.has_error())
      refuse("Unable to decode a Blob: " + decoded.error().message);
    else
      bytes.bytes = std::move(*decoded);
  }
  template <class T>
  void read(std::optional<T>& present) {
    read(present.emplace());
  }
  template <class T>
  void read(std::vector<T>& list) {
    if (!is(kind::list, "a list")) return;
    list.reserve(usual_entries);
    in_.list([&] {
      if (fits(list.size())) read(list.emplace_back());
    });
  }
  template <class T>
  void read(std::map<std::string, T>& map) {
    if (!is(kind::object, "a map")) return;
    in_.object([&](std::string_view name) {
      if (in_.next() == kind::null)
        in_.skip();
      else if (fits(map.size()))
        read(map[std::string(name)]);
    });
  }
  template <class Shape>
  void read(Shape& shape) {
    if (!is(kind::object, "a structure")) return;
    in_.object([&](std::string_view name) {
      named_member member{*this, name};
      describe(member, shape);
      if (!member.found) in_.skip();
    });
  }

  bool is(kind expected, std::string_view what) {
    const kind given = in_.next();
    if (given == expected) return true;
    if (given == kind::nothing)
      in_.skip();  // says what is wrong with the text
    else
      refuse(fmt::format("{} can not be converted to {}", name_of(given), what));
    return false;
  }
  bool fits(std::size_t size) {
    if (size < entries_limit) return true;
    refuse(fmt::format("A list or map has more than {} entries.", entries_limit));
    return false;
  }
  void refuse(std::string why) {
    if (!wrong_) wrong_ = faults::unreadable(std::move(why));
    in_.stop();
  }

  json_reader in_;
  problem wrong_;
};

http::response as_response(unsigned status, std::string body, const std::string& request_id) {
  http::response out;
  out.status = status;
  out.headers.add("Content-Type", "application/x-amz-json-1.0");
  out.headers.add("x-amzn-RequestId", request_id);
  out.body = std::move(body);
  return out;
}

/// What an answer takes, about: for those with messages, which are large.
std::size_t expected_bytes(const any_result& result) noexcept {
  constexpr std::size_t beside_body = 512;
  const auto* received = std::get_if<receive_message_result>(&result);
  if (received == nullptr) return 2 * beside_body;
  std::size_t bytes = beside_body;
  for (const received_message& m : received->messages)
    bytes += beside_body + m.body.size() + m.body.size() / 8;
  return bytes;
}

}  // namespace

std::string_view operation(std::string_view target) noexcept {
  if (!target.starts_with(target_prefix)) return {};
  return target.substr(target_prefix.size());
}

answer<any_request> read(std::string_view operation, std::string_view body) {
  request_reader fill(body.empty() ? "{}" : body);
  auto request = read_request(operation, fill);
  if (!request) return faults::unknown_operation();
  return std::move(*request);
}

http::response write(const any_result& result, const std::string& request_id) {
  sqs::json_writer body(expected_bytes(result));
  json_members members(body);
  body.object([&] { std::visit([&](const auto& typed) { describe(members, typed); }, result); });
  return as_response(200, body.take(), request_id);
}

http::response write(const api_error& e, const std::string& request_id) {
  sqs::json_writer body;
  body.object([&] {
    body.member("__type",
                (e.is_common ? "com.amazon.coral.service#" : "com.amazonaws.sqs#") + std::string(e.code));
    if (!e.message.empty()) body.member("message", e.message);
  });
  http::response out = as_response(e.status, body.take(), request_id);
  out.headers.add("x-amzn-query-error",
                  std::string(e.query_code) + (e.status < 500 ? ";Sender" : ";Receiver"));
  return out;
}

}  // namespace lastcall::broker::json_protocol
