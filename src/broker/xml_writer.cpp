#include "broker/xml_writer.hpp"

#include "base/encoding.hpp"

namespace lastcall::broker {

void append_xml_text(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#xD;";
        break;  // a plain one would be read as a line feed (XML 1.0 §2.11)
      case '\t':
      case '\n':
        out += c;
        break;
      default:
        if (static_cast<unsigned char>(c) < ' ')
          out += "\uFFFD";  // what can stand in no XML (§2.2), as in a tag's value
        else
          out += c;
    }
  }
}

void xml_writer::operator()(const field& f, const blob& bytes) {
  text_element(f.query, to_base64(bytes.bytes));
}

}  // namespace lastcall::broker
