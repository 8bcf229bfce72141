#pragma once

#include "broker/shapes.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lastcall::broker {

/// Appends text as the content of an XML element.
void append_xml_text(std::string& out, std::string_view text);

/// Writes shapes as XML elements, lists and maps flattened. Members that hold nothing are left out.
class xml_writer {
 public:
  explicit xml_writer(std::string& out) : out_(out) {}

  /// <name> what `content` writes </name>, or <name/> if it writes nothing, as SQS has it.
  template <class Content>
  void element(std::string_view name, Content content) {
    out_ += '<';
    out_ += name;
    out_ += '>';
    const std::size_t begun = out_.size();
    content();
    if (out_.size() == begun) {
      out_.insert(begun - 1, 1, '/');
      return;
    }
    out_ += "</";
    out_ += name;
    out_ += '>';
  }
  void text_element(std::string_view name, std::string_view text) {
    element(name, [&] { append_xml_text(out_, text); });
  }

  void operator()(const field& f, const std::string& text) {
    if (!text.empty()) text_element(f.query, text);
  }
  void operator()(const field& f, bool flag) { text_element(f.query, flag ? "true" : "false"); }
  void operator()(const field& f, std::int64_t number) { text_element(f.query, std::to_string(number)); }
  void operator()(const field& f, const blob& bytes);
  template <class T>
  void operator()(const field& f, const std::optional<T>& present) {
    if (present) (*this)(f, *present);
  }
  void operator()(const field& f, const std::vector<std::string>& texts) {
    for (const std::string& text : texts)
      text_element(f.query, text);
  }
  void operator()(const field& f, const text_map& map) { texts_by_name(f, map); }
  void operator()(const field& f, const std::vector<std::pair<std::string_view, std::string>>& named) {
    texts_by_name(f, named);
  }
  void operator()(const field& f, const attribute_values& attributes) {
    for (const auto& [name, attribute] : attributes)
      element(f.query, [&] {
        text_element(f.key, name);
        element(f.value, [&] { describe(*this, attribute); });
      });
  }
  template <class Entry>
  void operator()(const field& f, const std::vector<Entry>& entries) {
    for (const Entry& entry : entries)
      element(f.query, [&] { describe(*this, entry); });
  }

 private:
  template <class Named>
  void texts_by_name(const field& f, const Named& named) {
    for (const auto& [name, text] : named)
      element(f.query, [&] {
        text_element(f.key, name);
        text_element(f.value, text);
      });
  }

  std::string& out_;
};

}  // namespace lastcall::broker
