#include "sqs/attributes_md5.hpp"

#include "base/hash.hpp"

#include <cstdint>
#include <string_view>

namespace lastcall::sqs {
namespace {

constexpr char text_value = 1;
constexpr char binary_value = 2;

void append_sized(std::string& out, std::string_view value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  for (const int shift : {24, 16, 8, 0})
    out.push_back(static_cast<char>(size >> shift));
  out += value;
}

}  // namespace

std::string attributes_md5(const std::map<std::string, message_attribute>& attributes) {
  if (attributes.empty()) return {};
  std::string bytes;
  for (const auto& [name, attribute] : attributes) {
    append_sized(bytes, name);
    append_sized(bytes, attribute.data_type);
    bytes.push_back(attribute.data_type.starts_with("Binary") ? binary_value : text_value);
    append_sized(bytes, attribute.value);
  }
  return md5_hex(bytes);
}

std::string system_attributes_md5(const std::string& trace_header) {
  if (trace_header.empty()) return {};
  return attributes_md5({{"AWSTraceHeader", {"String", trace_header}}});
}

}  // namespace lastcall::sqs
