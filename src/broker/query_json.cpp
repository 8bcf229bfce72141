#include "broker/query_json.hpp"

#include "base/encoding.hpp"
#include "broker/shapes.hpp"
#include "sqs/json_writer.hpp"

namespace lastcall::broker::query_json {
namespace {

/// Two lists have other names here than in the JSON protocol.
std::string_view name_of(const field& f) noexcept {
  const std::string_view name = f.json;
  if (name == "Messages") return "messages";
  if (name == "QueueUrls") return "queueUrls";
  return name;
}

/// Writes the members of shapes. Members that hold nothing are left out.
class members {
 public:
  explicit members(sqs::json_writer& out) : out_(out) {}

  void operator()(const field& f, const std::string& text) {
    if (!text.empty()) out_.member(f.json, text);
  }
  void operator()(const field& f, bool flag) { out_.flag(f.json, flag); }
  void operator()(const field& f, std::int64_t number) {
    out_.member(f.json, static_cast<long long>(number));
  }
  void operator()(const field& f, const blob& bytes) { out_.member(f.json, to_base64(bytes.bytes)); }
  template <class T>
  void operator()(const field& f, const std::optional<T>& present) {
    if (present) (*this)(f, *present);
  }
  void operator()(const field& f, const std::vector<std::string>& texts) {
    out_.array(name_of(f), [&] {
      for (const std::string& text : texts)
        out_.element(text);
    });
  }
  void operator()(const field& f, const text_map& map) { texts_by_name(f, map); }
  void operator()(const field& f, const std::vector<std::pair<std::string_view, std::string>>& named) {
    texts_by_name(f, named);
  }
  void operator()(const field& f, const attribute_values& attributes) {
    out_.array(f.json, [&] {
      for (const auto& [name, attribute] : attributes)
        out_.object([&] {
          out_.member(f.key, name);
          out_.object(f.value, [&] { describe(*this, attribute); });
        });
    });
  }
  template <class Entry>
  void operator()(const field& f, const std::vector<Entry>& entries) {
    out_.array(name_of(f), [&] {
      for (const Entry& entry : entries)
        out_.object([&] { describe(*this, entry); });
    });
  }

 private:
  template <class Named>
  void texts_by_name(const field& f, const Named& named) {
    out_.array(f.json, [&] {
      for (const auto& [name, text] : named)
        out_.object([&] {
          out_.member(f.key, name);
          out_.member(f.value, text);
        });
    });
  }

  sqs::json_writer& out_;
};

}  // namespace

std::string body(std::string_view operation, const any_result& result, const std::string& request_id) {
  sqs::json_writer out;
  members write(out);
  const std::string name(operation);
  out.object([&] {
    out.object(name + "Response", [&] {
      if (!std::holds_alternative<empty_result>(result))
        out.object(name + "Result",
                   [&] { std::visit([&](const auto& typed) { describe(write, typed); }, result); });
      out.object("ResponseMetadata", [&] { out.member("RequestId", request_id); });
    });
  });
  return out.take();
}

std::string body(const api_error& e, std::string_view message, const std::string& request_id) {
  sqs::json_writer out;
  out.object([&] {
    out.object("Error", [&] {
      out.member("Code", e.query_code);
      out.member("Message", message);
      out.member("Type", e.status < 500 ? "Sender" : "Receiver");
    });
    out.member("RequestId", request_id);
  });
  return out.take();
}

}  // namespace lastcall::broker::query_json
