#include "broker/json_protocol.hpp"

#include "base/encoding.hpp"
#include "broker/json_shapes.hpp"
#include "broker/read_request.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lastcall::broker::json_protocol {
namespace {

using nlohmann::json;
using problem = std::optional<api_error>;

std::string_view name_of_type(const json& value) noexcept {
  if (value.is_string()) return "STRING_VALUE";
  if (value.is_number()) return "NUMBER_VALUE";
  if (value.is_boolean()) return value.get<bool>() ? "TRUE_VALUE" : "FALSE_VALUE";
  if (value.is_array()) return "START_ARRAY";
  return "START_OBJECT";
}

problem wrong_type(const json& value, std::string_view expected) {
  return faults::unreadable(fmt::format("{} can not be converted to {}", name_of_type(value), expected));
}

/// Fills shapes from JSON objects. Texts are taken out of the document, which is read once.
class reader {
 public:
  template <class Shape>
  static problem read_object(json& object, Shape& shape) {
    if (!object.is_object()) return wrong_type(object, "a structure");
    reader fields(object);
    describe(fields, shape);
    return std::move(fields.wrong_);
  }

  template <class T>
  void operator()(const field& f, T& member) {
    if (wrong_) return;
    const auto found = object_.find(f.json);
    if (found != object_.end() && !found->is_null()) wrong_ = read(*found, member);
  }

 private:
  explicit reader(json& object) : object_(object) {}

  static problem read(json& value, std::string& text) {
    if (!value.is_string()) return wrong_type(value, "a String");
    text = std::move(value.get_ref<std::string&>());
    return std::nullopt;
  }
  static problem read(json& value, std::int64_t& number) {
    if (!value.is_number_integer()) return wrong_type(value, "an Integer");
    number = value.get<std::int64_t>();
    return std::nullopt;
  }
  static problem read(json& value, blob& bytes) {
    if (!value.is_string()) return wrong_type(value, "a Blob");
    auto decoded = from_base64(value.get_ref<const std::string&>());
    if (decoded.has_error()) return faults::unreadable("Unable to decode a Blob: " + decoded.error().message);
    bytes.bytes = std::move(*decoded);
    return std::nullopt;
  }
  template <class T>
  static problem read(json& value, std::optional<T>& present) {
    return read(value, present.emplace());
  }
  template <class T>
  static problem read(json& value, std::vector<T>& list) {
    if (!value.is_array()) return wrong_type(value, "a list");
    for (json& entry : value)
      if (problem wrong = read(entry, list.emplace_back())) return wrong;
    return std::nullopt;
  }
  template <class T>
  static problem read(json& value, std::map<std::string, T>& map) {
    if (!value.is_object()) return wrong_type(value, "a map");
    for (auto& [name, entry] : value.items())
      if (!entry.is_null())
        if (problem wrong = read(entry, map[name])) return wrong;
    return std::nullopt;
  }
  template <class Shape>
  static problem read(json& value, Shape& shape) {
    return read_object(value, shape);
  }

  json& object_;
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

}  // namespace

std::string_view operation(std::string_view target) noexcept {
  if (!target.starts_with(target_prefix)) return {};
  return target.substr(target_prefix.size());
}

answer<any_request> read(std::string_view operation, std::string_view body) {
  json document = body.empty() ? json::object() : json::parse(body, nullptr, false);
  if (!document.is_object()) return faults::unreadable("The request's body is not a JSON object.");
  auto fill = [&](auto& request) { return reader::read_object(document, request); };
  auto request = read_request(operation, fill);
  if (!request) return faults::unknown_operation();
  return std::move(*request);
}

http::response write(const any_result& result, const std::string& request_id) {
  sqs::json_writer body;
  json_members members(body);
  body.object([&] { std::visit([&](const auto& typed) { describe(members, typed); }, result); });
  return as_response(200, body.take(), request_id);
}

http::response write(const api_error& e, const std::string& request_id) {
  sqs::json_writer body;
  body.object([&] {
    body.member("__type", "com.amazonaws.sqs#" + std::string(e.code));
    body.member("message", e.message);
  });
  http::response out = as_response(e.status, body.take(), request_id);
  out.headers.add("x-amzn-query-error", std::string(e.query_code) + ";Sender");
  return out;
}

}  // namespace lastcall::broker::json_protocol
