#include "mail/header_field.hpp"

#include "mail/ascii.hpp"
#include "mail/encoded_word.hpp"
#include "mail/transfer_encoding.hpp"

#include <algorithm>

namespace lastcall::mail {
namespace {

constexpr std::size_t max_line = 76;  // RFC 2047 §2, of lines with encoded words; RFC 5322 §2.1.1 allows 78

/// A field as it grows, word by word.
class folded {
 public:
  explicit folded(std::string_view name) : text_(std::string(name) + ":"), column_(text_.size()) {}

  /// Appends the word after white space: on this line where it fits, else on a new one. The first word never
  /// moves to a second line: some readers take an empty first line for an empty field.
  void add(std::string_view word, std::string_view blanks = " ") {
    if (has_word_ && column_ + blanks.size() + word.size() > max_line) {
      text_ += "\r\n";
      column_ = 0;
    }
    text_ += blanks;
    text_ += word;
    column_ += blanks.size() + word.size();
    has_word_ = true;
  }
  /// Fills this line, unless that takes more words than a line of their own: some readers see a space between
  /// two.
  void add_encoded(std::string_view text) {
    constexpr std::size_t longest = max_line - 1;
    auto words = encoded_words(text, column_ + 1 < max_line ? max_line - column_ - 1 : longest);
    if (has_word_)
      if (auto below = encoded_words(text, longest); below.size() < words.size()) words = std::move(below);
    for (const std::string& word : words)
      add(word);
  }
  std::string finish() && { return std::move(text_ += "\r\n"); }

 private:
  std::string text_;
  std::size_t column_;
  bool has_word_{false};
};

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// Whether text can't stand in a field as it is and be read back unchanged.
bool needs_encoding(std::string_view text) noexcept {
  return !is_ascii(text) || has_control(text) || looks_encoded(text) ||
         (!text.empty() && (is_blank(text.front()) || is_blank(text.back())));
}

/// Takes the next word off the text, with the spaces before it.
std::string_view take_word(std::string_view& text) noexcept {
  const std::size_t start = std::min(text.find_first_not_of(' '), text.size());
  const std::string_view word = text.substr(0, text.find(' ', start));
  text.remove_prefix(word.size());
  return word;
}

/// Adds text at its spaces, which are kept: unfolding removes the line breaks only.
void add_words(folded& field, std::string_view text) {
  if (!text.empty()) field.add(take_word(text));
  while (!text.empty()) {
    const std::string_view word = take_word(text);
    const std::size_t blanks = word.find_first_not_of(' ');
    field.add(word.substr(blanks), word.substr(0, blanks));
  }
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

void add_name(folded& field, std::string_view name) {
  constexpr std::string_view specials = "()<>[]:;@\\,.\"";  // RFC 5322 §3.2.3
  const bool is_phrase =
      name.find_first_of(specials) == std::string_view::npos && name.find("  ") == std::string_view::npos;
  if (needs_encoding(name) ||
      longest_word(name) > max_line - 16)  // "Reply-To: ", quotes and some backslashes
    field.add_encoded(name);
  else
    add_words(field, is_phrase ? std::string(name) : quoted(name));
}

/// `attribute-char` of RFC 2231 §7.
bool is_attribute_character(char c) noexcept {
  return is_token(std::string_view(&c, 1)) && c != '*' && c != '\'' && c != '%';
}

/// The value in pieces that fit a line each, percent-encoded. A character stays in one piece, for readers
/// that decode each alone.
std::vector<std::string> extended_pieces(std::string_view value, std::size_t room) {
  std::vector<std::string> pieces(1);
  while (!value.empty()) {
    std::string next;
    for (const char c : value.substr(0, character_bytes(value)))
      if (is_attribute_character(c))
        next += c;
      else
        append_escaped(next, '%', c);
    value.remove_prefix(character_bytes(value));
    if (pieces.back().size() + next.size() > room) pieces.emplace_back();
    pieces.back() += next;
  }
  return pieces;
}

/// Whether a value may stand without quotes. More is quoted than must be: some readers stumble over an
/// apostrophe.
bool is_plain_value(std::string_view value) noexcept {
  return !value.empty() && std::all_of(value.begin(), value.end(), is_attribute_character);
}

void add_parameter(folded& field, const parameter& p, std::string_view after) {
  const std::string plain = p.name + "=" + (is_plain_value(p.value) ? p.value : quoted(p.value));
  if (is_ascii(p.value) && !has_control(p.value) && plain.size() + 2 <= max_line) {
    field.add(plain + std::string(after));
    return;
  }
  constexpr std::string_view charset = "utf-8''";
  const std::size_t numbering = 6;  // "*123*="
  const auto pieces = extended_pieces(p.value, max_line - 2 - p.name.size() - numbering - charset.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string word = p.name;
    if (pieces.size() > 1) word += "*" + std::to_string(i);
    word += "*=";
    if (i == 0) word += charset;
    word += pieces[i];
    field.add(word + (i + 1 < pieces.size() ? ";" : std::string(after)));
  }
}

}  // namespace

std::size_t longest_word(std::string_view text) noexcept {
  std::size_t longest = 0;
  while (!text.empty())
    longest = std::max(longest, take_word(text).size());
  return longest;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7F && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
  });
}

std::string text_field(std::string_view name, std::string_view text) {
  folded field(name);
  if (needs_encoding(text) || longest_word(text) + name.size() + 2 > max_line)
    field.add_encoded(text);
  else
    add_words(field, text);
  return std::move(field).finish();
}

std::string custom_field(std::string_view name, std::string_view value) {
  if (needs_encoding(value)) return text_field(name, value);
  folded field(name);
  add_words(field, value);
  return std::move(field).finish();
}

std::string address_field(std::string_view name, const std::vector<mailbox>& mailboxes) {
  folded field(name);
  for (std::size_t i = 0; i < mailboxes.size(); ++i) {
    const mailbox& m = mailboxes[i];
    const std::string after = i + 1 < mailboxes.size() ? "," : "";
    if (m.name.empty()) {
      field.add(m.address + after);
    } else {
      add_name(field, m.name);
      field.add("<" + m.address + ">" + after);
    }
  }
  return std::move(field).finish();
}

std::string parameter_field(std::string_view name, std::string_view value,
                            const std::vector<parameter>& parameters) {
  folded field(name);
  field.add(std::string(value) + (parameters.empty() ? "" : ";"));
  for (std::size_t i = 0; i < parameters.size(); ++i)
    add_parameter(field, parameters[i], i + 1 < parameters.size() ? ";" : "");
  return std::move(field).finish();
}

}  // namespace lastcall::mail
