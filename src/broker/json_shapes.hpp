#pragma once

#include "base/encoding.hpp"
#include "broker/shapes.hpp"
#include "sqs/json_writer.hpp"

#include <string>
#include <vector>

namespace lastcall::broker {

/// The JSON of the JSON protocol, or that of the query protocol: there maps are lists of names and values, and
/// two lists have other names.
enum class json_style { json_protocol, query_protocol };

/// Writes the members of shapes into a JSON object. Members that hold nothing are left out, as SQS leaves
/// them out: empty texts, lists and maps, absent numbers.
class json_members {
 public:
  explicit json_members(sqs::json_writer& out, json_style style = json_style::json_protocol)
      : out_(out), style_(style) {}

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
    if (texts.empty()) return;
    out_.array(list_name(f), [&] {
      for (const std::string& text : texts)
        out_.element(text);
    });
  }
  void operator()(const field& f, const text_map& map) { texts_by_name(f, map); }
  void operator()(const field& f, const std::vector<std::pair<std::string_view, std::string>>& named) {
    texts_by_name(f, named);
  }
  void operator()(const field& f, const attribute_values& attributes) {
    by_name(f, attributes, [&](std::string_view name, const attribute_value& attribute) {
      out_.object(name, [&] { describe(*this, attribute); });
    });
  }
  template <class Entry>
  void operator()(const field& f, const std::vector<Entry>& entries) {
    if (entries.empty()) return;
    out_.array(list_name(f), [&] {
      for (const Entry& entry : entries)
        out_.object([&] { describe(*this, entry); });
    });
  }

 private:
  std::string_view list_name(const field& f) const noexcept {
    const std::string_view name = f.json;
    if (style_ == json_style::json_protocol) return name;
    if (name == "Messages") return "messages";
    return name == "QueueUrls" ? "queueUrls" : name;
  }
  template <class Named>
  void texts_by_name(const field& f, const Named& named) {
    by_name(f, named, [&](std::string_view name, const std::string& text) { out_.member(name, text); });
  }
  /// `write(name, value)` writes a member of that name.
  template <class Named, class Write>
  void by_name(const field& f, const Named& named, Write write) {
    if (named.empty()) return;
    if (style_ == json_style::json_protocol) {
      out_.object(f.json, [&] {
        for (const auto& [name, value] : named)
          write(name, value);
      });
      return;
    }
    out_.array(f.json, [&] {
      for (const auto& entry : named)
        out_.object([&] {
          out_.member(f.key, entry.first);
          write(f.value, entry.second);
        });
    });
  }

  sqs::json_writer& out_;
  const json_style style_;
};

}  // namespace lastcall::broker
