#include "broker/query_protocol.hpp"

#include "base/encoding.hpp"
#include "broker/query_json.hpp"
#include "broker/read_request.hpp"
#include "broker/xml_writer.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

namespace lastcall::broker::query_protocol {
namespace {

using problem = std::optional<api_error>;

constexpr unsigned not_found = 404;
constexpr std::string_view namespace_uri = "http://queue.amazonaws.com/doc/2012-11-05/";

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Fills shapes from parameters whose names begin with a prefix ("SendMessageBatchRequestEntry.1.").
class reader {
 public:
  template <class Shape>
  static problem read_shape(const parameters& all, std::string prefix, Shape& shape) {
    reader fields(all, std::move(prefix));
    describe(fields, shape);
    return std::move(fields.wrong_);
  }

  template <class T>
  void operator()(const field& f, T& member) {
    if (!wrong_) wrong_ = read(prefix_ + f.query, f, member);
  }

 private:
  reader(const parameters& all, std::string prefix) : all_(all), prefix_(std::move(prefix)) {}

  const std::string* find(const std::string& name) const {
    const auto found = all_.find(name);
    return found == all_.end() ? nullptr : &found->second;
  }
  bool has_below(const std::string& prefix) const {
    const auto found = all_.lower_bound(prefix);
    return found != all_.end() && found->first.starts_with(prefix);
  }
  /// The prefixes of a list's entries, "name.1" and so on, by number.
  std::vector<std::string> entries(const std::string& name) const {
    std::set<std::int64_t> numbers;
    const std::string prefix = name + ".";
    for (auto at = all_.lower_bound(prefix); at != all_.end() && at->first.starts_with(prefix); ++at) {
      const std::string_view rest = std::string_view(at->first).substr(prefix.size());
      if (const auto number = whole_number(rest.substr(0, rest.find('.')))) numbers.insert(*number);
    }
    std::vector<std::string> prefixes;
    for (const std::int64_t number : numbers)
      prefixes.push_back(prefix + std::to_string(number));
    return prefixes;
  }

  problem read(const std::string& name, const field&, std::string& text) const {
    if (const std::string* given = find(name)) text = *given;
    return std::nullopt;
  }
  problem read(const std::string& name, const field&, std::optional<std::string>& text) const {
    if (const std::string* given = find(name)) text = *given;
    return std::nullopt;
  }
  problem read(const std::string& name, const field& f, std::optional<std::int64_t>& number) const {
    const std::string* given = find(name);
    if (given == nullptr || given->empty()) return std::nullopt;
    number = whole_number(*given);
    if (!number) return faults::invalid_value(*given, f.query, "Must be an integer.");
    return std::nullopt;
  }
  problem read(const std::string& name, const field&, std::optional<blob>& bytes) const {
    const std::string* given = find(name);
    if (given == nullptr) return std::nullopt;
    auto decoded = from_base64(*given);
    if (decoded.has_error()) return faults::unreadable("Unable to decode a Blob: " + decoded.error().message);
    bytes = blob{std::move(*decoded)};
    return std::nullopt;
  }
  problem read(const std::string& name, const field&, std::vector<std::string>& texts) const {
    if (const std::string* alone = find(name))
      texts.push_back(*alone);  // a list of one may come without a number
    for (const std::string& entry : entries(name))
      if (const std::string* given = find(entry)) texts.push_back(*given);
    return std::nullopt;
  }
  problem read(const std::string& name, const field& f,
               std::optional<std::vector<std::string>>& texts) const {
    std::vector<std::string> given;
    if (problem wrong = read(name, f, given)) return wrong;
    if (!given.empty()) texts = std::move(given);
    return std::nullopt;
  }
  template <class Entry>
  problem read(const std::string& name, const field&, std::vector<Entry>& list) const {
    for (const std::string& entry : entries(name))
      if (problem wrong = read_shape(all_, entry + ".", list.emplace_back())) return wrong;
    return std::nullopt;
  }
  template <class T>
  problem read(const std::string& name, const field& f, std::map<std::string, T>& map) const {
    std::vector<std::string> prefixes = entries(name);
    if (find(name + "." + f.key) != nullptr)
      prefixes.push_back(name);  // a map of one may come without a number
    for (const std::string& entry : prefixes) {
      const std::string* key = find(entry + "." + f.key);
      const std::string value = entry + "." + f.value;
      if (key == nullptr) return faults::missing_parameter(entry + "." + f.key);
      if (problem wrong = read_value(value, map[*key])) return wrong;
    }
    return std::nullopt;
  }
  problem read_value(const std::string& name, std::string& text) const {
    const std::string* given = find(name);
    if (given == nullptr) return faults::missing_parameter(name);
    text = *given;
    return std::nullopt;
  }
  problem read_value(const std::string& name, attribute_value& value) const {
    if (!has_below(name + ".")) return faults::missing_parameter(name);
    return read_shape(all_, name + ".", value);
  }

  const parameters& all_;
  const std::string prefix_;
  problem wrong_;
};

http::response as_response(unsigned status, std::string body, const std::string& request_id,
                           form as = form::xml) {
  http::response out;
  out.status = status;
  out.headers.add("Content-Type", as == form::xml ? "text/xml" : "application/json");
  out.headers.add("x-amzn-RequestId", request_id);
  if (as == form::xml) out.body = "<?xml version=\"1.0\"?>";
  out.body += body;
  return out;
}

/// This protocol has kept older words for it.
std::string_view message_of(const api_error& e) {
  if (e.code == "QueueDoesNotExist") return "The specified queue does not exist for this wsdl version.";
  return e.message;
}

}  // namespace

bool add_form(parameters& to, std::string_view form) {
  while (!form.empty()) {
    if (to.size() >= parameters_limit) return false;
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    to.emplace(percent_decode(pair.substr(0, equals), true), percent_decode(value, true));
  }
  return true;
}

answer<any_request> read(const parameters& all) {
  for (const auto& [name, value] : all)
    if (!is_utf8(name) || !is_utf8(value)) return faults::unreadable("A parameter is not UTF-8.");
  const auto action = all.find("Action");
  if (action == all.end()) return faults::unknown_operation();
  auto fill = [&](auto& request) { return reader::read_shape(all, {}, request); };
  auto request = read_request(action->second, fill);
  if (!request) return faults::invalid_action(action->second);
  return std::move(*request);
}

form form_for(const http::request& request) noexcept {
  return request.headers.get("Accept").find("application/json") == std::string_view::npos ? form::xml
                                                                                          : form::json;
}

http::response write(std::string_view operation, const any_result& result, const std::string& request_id,
                     form as) {
  if (as == form::json)
    return as_response(200, query_json::body(operation, result, request_id), request_id, as);
  std::string body = fmt::format("<{}Response xmlns=\"{}\">", operation, namespace_uri);
  xml_writer xml(body);
  if (!std::holds_alternative<empty_result>(result))
    xml.element(fmt::format("{}Result", operation),
                [&] { std::visit([&](const auto& typed) { describe(xml, typed); }, result); });
  xml.element("ResponseMetadata", [&] { xml.text_element("RequestId", request_id); });
  body += fmt::format("</{}Response>", operation);
  return as_response(200, std::move(body), request_id);
}

http::response write(const api_error& e, const std::string& request_id, form as) {
  if (e.code == "UnknownOperationException")
    return as_response(not_found, "<UnknownOperationException/>", request_id);
  if (as == form::json)
    return as_response(e.status, query_json::body(e, message_of(e), request_id), request_id, as);
  std::string body = fmt::format("<ErrorResponse xmlns=\"{}\">", namespace_uri);
  xml_writer xml(body);
  xml.element("Error", [&] {
    xml.text_element("Type", e.status < 500 ? "Sender" : "Receiver");
    xml.text_element("Code", e.query_code);
    xml.text_element("Message", message_of(e));
    body += "<Detail/>";
  });
  xml.text_element("RequestId", request_id);
  body += "</ErrorResponse>";
  return as_response(e.status, std::move(body), request_id);
}

}  // namespace lastcall::broker::query_protocol
