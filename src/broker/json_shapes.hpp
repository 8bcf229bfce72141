#pragma once

#include "base/encoding.hpp"
#include "broker/shapes.hpp"
#include "sqs/json_writer.hpp"

#include <string>
#include <vector>

namespace lastcall::broker {

/// Writes the members of shapes into a JSON object. Members that hold nothing are left out, as SQS leaves
/// them out: empty texts, lists and maps, absent numbers.
class json_members {
 public:
  explicit json_members(sqs::json_writer& out) : out_(out) {}

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
    out_.array(f.json, [&] {
      for (const std::string& text : texts)
        out_.element(text);
    });
  }
  void operator()(const field& f, const text_map& map) { texts_by_name(f, map); }
  void operator()(const field& f, const std::vector<std::pair<std::string_view, std::string>>& named) {
    texts_by_name(f, named);
  }
  void operator()(const field& f, const attribute_values& attributes) {
    if (attributes.empty()) return;
    out_.object(f.json, [&] {
      for (const auto& [name, attribute] : attributes)
        out_.object(name, [&] { describe(*this, attribute); });
    });
  }
  template <class Entry>
  void operator()(const field& f, const std::vector<Entry>& entries) {
    if (entries.empty()) return;
    out_.array(f.json, [&] {
      for (const Entry& entry : entries)
        out_.object([&] { describe(*this, entry); });
    });
  }

 private:
  template <class Named>
  void texts_by_name(const field& f, const Named& named) {
    if (named.empty()) return;
    out_.object(f.json, [&] {
      for (const auto& [name, text] : named)
        out_.member(name, text);
    });
  }

  sqs::json_writer& out_;
};

}  // namespace lastcall::broker
