#include "broker/message_content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace lastcall::broker {
namespace {

constexpr std::size_t attributes_limit = 10;
constexpr std::size_t name_limit = 256;

/// Takes the first character of UTF-8 text away. Bytes that are not UTF-8 come out one by one, as characters
/// that SQS does not allow.
std::uint32_t next_character(std::string_view& text) {
  constexpr std::uint32_t not_a_character = 0xFFFF;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t character = length == 1 ? lead : lead & (0x7FU >> length);
  bool sound = lead < 0x80 || (lead >= 0xC2 && lead <= 0xF4 && text.size() >= length);
  for (std::size_t i = 1; sound && i < length; ++i) {
    sound = (byte(i) & 0xC0) == 0x80;
    character = (character << 6) | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (sound && character < least[length]) sound = false;
  text.remove_prefix(sound ? length : 1);
  return sound ? character : not_a_character;
}

/// Drops what is printable ASCII from the front, sixteen bytes at a time: most of most bodies.
void pass_plain(std::string_view& text) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t highs = 0x8080808080808080;
  std::uint64_t words[2];
  for (; text.size() >= sizeof words; text.remove_prefix(sizeof words)) {
    std::memcpy(words, text.data(), sizeof words);
    const std::uint64_t below_space = (words[0] - ones * 0x20) | (words[1] - ones * 0x20);
    if (((below_space | words[0] | words[1]) & highs) != 0) return;
  }
}

bool is_allowed(std::uint32_t c) noexcept {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c <= 0xD7FF || (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

/// The first character that SQS does not allow in texts: they have those of XML 1.0.
std::optional<std::uint32_t> forbidden_character(std::string_view text) {
  for (pass_plain(text); !text.empty(); pass_plain(text)) {
    const std::uint32_t character = next_character(text);
    if (!is_allowed(character)) return character;
  }
  return std::nullopt;
}

bool is_name_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.';
}

bool starts_with_reserved(std::string_view name) {
  std::string lower(name.substr(0, 7));
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower.starts_with("aws.") || lower.starts_with("amazon.");
}

std::optional<api_error> check_attribute_name(const std::string& name) {
  if (name.empty() || name.size() > name_limit)
    return faults::invalid_parameter(
        fmt::format("Length of message attribute name '{}' must be between 1 and {}.", name, name_limit));
  if (!std::all_of(name.begin(), name.end(), is_name_character))
    return faults::invalid_parameter(
        fmt::format("The message attribute name '{}' is invalid. Attribute name can contain A-Z, a-z, 0-9, "
                    "underscore (_), hyphen (-), and period (.) characters.",
                    name));
  if (starts_with_reserved(name))
    return faults::invalid_parameter(fmt::format(
        "The message attribute name '{}' is invalid. It must not begin with AWS. or Amazon.", name));
  if (name.front() == '.' || name.back() == '.' || name.find("..") != std::string::npos)
    return faults::invalid_parameter(fmt::format(
        "The message attribute name '{}' is invalid. It must not begin or end with a period, nor hold "
        "two in a row.",
        name));
  return std::nullopt;
}

/// A decimal number: up to 38 digits of precision, from 10^-128 to 10^+126 in size.
bool is_number(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  const auto digits = [&] {
    std::size_t count = 0;
    while (count < text.size() && text[count] >= '0' && text[count] <= '9')
      ++count;
    const std::string_view taken = text.substr(0, count);
    text.remove_prefix(count);
    return taken;
  };
  const std::string_view whole = digits();
  std::string_view fraction;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    fraction = digits();
  }
  if (whole.empty() && fraction.empty()) return false;
  int exponent = 0;
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    text.remove_prefix(1);
    const bool negative = !text.empty() && text.front() == '-';
    if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
    const std::string_view power = digits();
    if (power.empty() || power.size() > 4) return false;
    for (const char c : power)
      exponent = exponent * 10 + (c - '0');
    if (negative) exponent = -exponent;
  }
  if (!text.empty()) return false;
  std::string significant = std::string(whole) + std::string(fraction);
  const std::size_t first = significant.find_first_not_of('0');
  if (first == std::string::npos) return true;  // zero
  const std::size_t last = significant.find_last_not_of('0');
  const int magnitude = static_cast<int>(whole.size()) - static_cast<int>(first) - 1 + exponent;
  return last - first + 1 <= 38 && magnitude >= -128 && magnitude <= 126;
}

/// The checks of a value; `kind` is "user" or "system".
answer<message_attribute> check_value(const std::string& name, const attribute_value& value,
                                      std::string_view kind) {
  const std::string logical = value.data_type.substr(0, value.data_type.find('.'));
  if (value.string_list || value.binary_list)
    return faults::unsupported_operation(
        "Message attribute list values in SendMessage operation are not supported.");
  if (value.data_type.empty())
    return faults::invalid_parameter(
        fmt::format("The type of message ({}) attribute '{}' must not be empty.", kind, name));
  if (value.data_type.size() > name_limit)
    return faults::invalid_parameter(
        fmt::format("The type of message ({}) attribute '{}' is too long: it can have {} characters.", kind,
                    name, name_limit));
  if (logical != "String" && logical != "Number" && logical != "Binary")
    return faults::invalid_parameter(fmt::format(
        "The type of message ({}) attribute '{}' is invalid. You must use only the following supported "
        "type prefixes: Binary, Number, String.",
        kind, name));
  const bool binary = logical == "Binary";
  const std::string* bytes = binary ? (value.binary_value ? &value.binary_value->bytes : nullptr)
                                    : (value.string_value ? &*value.string_value : nullptr);
  const bool other = binary ? value.string_value.has_value() : value.binary_value.has_value();
  if (bytes == nullptr || bytes->empty())
    return faults::invalid_parameter(
        fmt::format("Message ({}) attribute '{}' must contain a non-empty value of type '{}'.", kind, name,
                    binary ? "Binary" : "String"));
  if (other)
    return faults::invalid_parameter(
        fmt::format("Message ({}) attribute '{}' has multiple values.", kind, name));
  if (forbidden_character(value.data_type) || (!binary && forbidden_character(*bytes)))
    return faults::invalid_parameter(
        fmt::format("Message ({}) attribute '{}' has an invalid character, the set of allowed characters is "
                    "#x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].",
                    kind, name));
  if (logical == "Number" && !is_number(*bytes))
    return faults::invalid_parameter(
        fmt::format("Can't cast the value of message ({}) attribute '{}' to a number.", kind, name));
  return message_attribute{value.data_type, *bytes};
}

bool is_selected(std::string_view name, std::string_view filter) noexcept {
  if (filter == "All" || filter == ".*" || filter == "*") return true;
  if (filter.ends_with(".*")) return name.starts_with(filter.substr(0, filter.size() - 2));
  return name == filter;
}

}  // namespace

std::optional<api_error> check_body(std::string_view text) {
  if (const auto character = forbidden_character(text)) return faults::invalid_message_contents(*character);
  return std::nullopt;
}

answer<message_attributes> check_attributes(const attribute_values& values) {
  if (values.size() > attributes_limit)
    return faults::invalid_parameter(
        fmt::format("Number of message attributes [{}] exceeds the allowed maximum [{}].", values.size(),
                    attributes_limit));
  message_attributes checked;
  for (const auto& [name, value] : values) {
    if (std::optional<api_error> wrong = check_attribute_name(name)) return *wrong;
    auto attribute = check_value(name, value, "user");
    if (attribute.has_error()) return attribute.error();
    checked.emplace(name, std::move(*attribute));
  }
  return checked;
}

answer<std::string> check_system_attributes(const attribute_values& values) {
  std::string trace_header;
  for (const auto& [name, value] : values) {
    if (name != "AWSTraceHeader")
      return faults::invalid_parameter(fmt::format(
          "Message system attribute name '{}' is invalid. Only AWSTraceHeader is supported.", name));
    if (value.data_type != "String")
      return faults::invalid_parameter(
          "The type of message (system) attribute 'AWSTraceHeader' must be String.");
    auto attribute = check_value(name, value, "system");
    if (attribute.has_error()) return attribute.error();
    trace_header = std::move(attribute->value);
  }
  return trace_header;
}

std::uint64_t size_bytes(std::string_view body, const attribute_values& values) noexcept {
  std::uint64_t bytes = body.size();
  for (const auto& [name, value] : values) {
    bytes += name.size() + value.data_type.size();
    if (value.string_value) bytes += value.string_value->size();
    if (value.binary_value) bytes += value.binary_value->bytes.size();
  }
  return bytes;
}

message_attributes select_attributes(const message_attributes& all, const std::vector<std::string>& names) {
  message_attributes selected;
  for (const auto& [name, attribute] : all)
    for (const std::string& filter : names)
      if (is_selected(name, filter)) {
        selected.emplace(name, attribute);
        break;
      }
  return selected;
}

}  // namespace lastcall::broker
