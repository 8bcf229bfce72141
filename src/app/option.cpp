#include "app/option.hpp"

#include "base/duration.hpp"
#include "base/encoding.hpp"
#include "base/url.hpp"

#include <array>
#include <charconv>
#include <string_view>

namespace lastcall::app {
namespace {

error not_accepted(const std::string& text, const std::string& instead) {
  return {error_kind::invalid, "", "'" + printable(text, 64) + "' is not accepted: " + instead};
}

result<bool> parse_bool(const std::string& text) {
  constexpr std::array<std::string_view, 4> yes{"true", "1", "yes", "on"};
  constexpr std::array<std::string_view, 4> no{"false", "0", "no", "off"};
  if (std::find(yes.begin(), yes.end(), text) != yes.end()) return true;
  if (std::find(no.begin(), no.end(), text) != no.end()) return false;
  return not_accepted(text, "say true or false");
}

result<std::string> parse_text(const std::string& text) {
  if (text.empty()) return error{error_kind::invalid, "", "it must not be empty"};
  return text;
}

result<std::string> parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto port = parse_count(colon == std::string::npos ? "" : text.substr(colon + 1), 0, 65'535);
  const std::string host = text.substr(0, colon);
  const bool in_brackets = host.starts_with('[') && host.ends_with(']');
  if (!port || (host.find(':') != std::string::npos && !in_brackets))
    return not_accepted(text, "write an address and a port, such as 127.0.0.1:9324, [::1]:9324 or :9324");
  return text;
}

option valued(std::string name, std::string value_name, std::string help, std::string shown_default,
              option::setter set) {
  return {.name = std::move(name),
          .value_name = std::move(value_name),
          .help = std::move(help),
          .shown_default = std::move(shown_default),
          .set = std::move(set)};
}

}  // namespace

std::string option::environment_name() const {
  std::string upper = "LASTCALL_";
  for (const char c : name)
    upper += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
}

result<std::uint64_t> parse_count(const std::string& text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || stopped != end || number < least || number > most)
    return not_accepted(text,
                        "write a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return number;
}

result<std::chrono::seconds> parse_seconds(const std::string& text, std::chrono::seconds least,
                                           std::chrono::seconds most) {
  const auto read = parse_duration(text);
  if (!read) return read.error();
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(*read);
  if (whole != *read) return not_accepted(text, "SQS counts whole seconds here");
  if (whole < least || whole > most)
    return not_accepted(text, "it must be from " + format_duration(least) + " to " + format_duration(most));
  return whole;
}

option flag_option(std::string name, bool& into, std::string help) {
  return valued(std::move(name), "", std::move(help), "", stores(into, parse_bool));
}

option text_option(std::string name, std::string value_name, std::string& into, std::string help) {
  return valued(std::move(name), std::move(value_name), std::move(help), into, stores(into, parse_text));
}

option list_option(std::string name, std::string value_name, std::vector<std::string>& into,
                   std::string help) {
  option made = valued(std::move(name), std::move(value_name), std::move(help), "",
                       [&into](const std::string& text) -> result<void> {
                         const auto read = parse_text(text);
                         if (!read) return read.error();
                         into.push_back(*read);
                         return {};
                       });
  made.repeatable = true;
  return made;
}

option choice_option(std::string name, std::vector<std::string> words, std::string& into, std::string help) {
  std::string shown;
  for (const std::string& word : words)
    shown += (shown.empty() ? "" : "|") + word;
  const auto parse = [shown, words = std::move(words)](const std::string& text) -> result<std::string> {
    if (std::find(words.begin(), words.end(), text) == words.end())
      return not_accepted(text, "choose one of " + shown);
    return text;
  };
  return valued(std::move(name), shown, std::move(help), into, stores(into, parse));
}

option url_option(std::string name, std::string schemes, std::string& into, std::string help) {
  const auto parse = [schemes = std::move(schemes)](const std::string& text) -> result<std::string> {
    if (const auto parsed = parse_url(text, schemes); !parsed) return parsed.error();
    return text;
  };
  return valued(std::move(name), "URL", std::move(help), into, stores(into, parse));
}

option address_option(std::string name, std::string& into, std::string help) {
  return valued(std::move(name), "ADDR:PORT", std::move(help), into, stores(into, parse_address));
}

option duration_option(std::string name, std::chrono::nanoseconds& into, std::string help) {
  return valued(std::move(name), "DURATION", std::move(help), format_duration(into),
                stores(into, parse_duration));
}

option duration_option(std::string name, std::optional<std::chrono::nanoseconds>& into, std::string help) {
  return valued(std::move(name), "DURATION", std::move(help), "", stores(into, parse_duration));
}

option seconds_option(std::string name, std::chrono::seconds& into, std::chrono::seconds least,
                      std::chrono::seconds most, std::string help) {
  const auto parse = [least, most](const std::string& text) { return parse_seconds(text, least, most); };
  return valued(std::move(name), "DURATION", std::move(help), format_duration(into), stores(into, parse));
}

}  // namespace lastcall::app
