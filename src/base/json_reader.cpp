#include "base/json_reader.hpp"

#include "base/encoding.hpp"
#include "base/json_text.hpp"

#include <charconv>
#include <cstring>

namespace lastcall {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t c) {
  const auto add = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xC0 | (c >> 6));
    add(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    add(0xE0 | (c >> 12));
    add(0x80 | ((c >> 6) & 0x3F));
    add(0x80 | (c & 0x3F));
  } else {
    add(0xF0 | (c >> 18));
    add(0x80 | ((c >> 12) & 0x3F));
    add(0x80 | ((c >> 6) & 0x3F));
    add(0x80 | (c & 0x3F));
  }
}

}  // namespace

json_reader::kind json_reader::next() noexcept {
  if (failed()) return kind::nothing;
  pass_space();
  if (at_ == end_) return kind::nothing;
  switch (*at_) {
    case '"':
      return kind::text;
    case '{':
      return kind::object;
    case '[':
      return kind::list;
    case 't':
    case 'f':
      return kind::flag;
    case 'n':
      return kind::null;
    default:
      return *at_ == '-' || is_digit(*at_) ? kind::number : kind::nothing;
  }
}

std::string json_reader::text() {
  std::string out;
  text_into(out);
  return out;
}

void json_reader::text_if_any(std::string& out) {
  out.clear();
  if (next() == kind::text)
    text_into(out);
  else
    skip();
}

std::optional<std::int64_t> json_reader::whole_number() {
  const std::string_view digits = number();
  std::int64_t value = 0;
  const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failed() || wrong != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

bool json_reader::flag() {
  if (next() != kind::flag) return fail("true or false is missing");
  const bool is_true = *at_ == 't';
  return literal(is_true ? "true" : "false") && is_true;
}

void json_reader::skip() {
  switch (next()) {
    case kind::text: {
      text();
      return;
    }
    case kind::number:
      number();
      return;
    case kind::flag:
      flag();
      return;
    case kind::null:
      literal("null");
      return;
    case kind::list:
      return list([this] { skip(); });
    case kind::object:
      return object([this](std::string_view) { skip(); });
    case kind::nothing:
      fail("a value is missing");
      return;
  }
}

bool json_reader::finish() {
  if (failed()) return false;
  pass_space();
  return at_ == end_ || fail("something follows the value");
}

std::string json_reader::problem() const {
  return std::string(problem_ == nullptr ? "" : problem_) + " at byte " + std::to_string(at_ - begin_);
}

void json_reader::pass_space() noexcept {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
    ++at_;
}

bool json_reader::expect(char c) {
  if (failed()) return false;
  pass_space();
  if (at_ == end_ || *at_ != c) return fail("the JSON is malformed");
  ++at_;
  return true;
}

bool json_reader::open(char bracket) {
  if (!expect(bracket)) return false;
  return ++depth_ <= depth_limit || fail("the JSON is nested too deeply");
}

/// Before each value of a list or member of an object: whether there is one, or else the end.
bool json_reader::more(char closing, bool first) {
  if (failed()) return false;
  pass_space();
  if (at_ != end_ && *at_ == closing) {
    ++at_;
    --depth_;
    return false;
  }
  return first || expect(',');
}

/// What stands here up to a quote, a backslash or a control character; the text has not ended with it.
std::string_view json_reader::plain_run() {
  const json_run found = json_plain_run({at_, static_cast<std::size_t>(end_ - at_)});
  const std::string_view run(at_, found.bytes);
  if (!found.is_ascii && !is_utf8(run)) fail("a text is not UTF-8");
  at_ += found.bytes;
  if (at_ == end_) fail("a text has no end");
  return run;
}

/// The name of a member. It stands in the text itself, or in `unescaped` if it has escapes.
std::string_view json_reader::name(std::string& unescaped) {
  if (!expect('"')) return {};
  const char* const start = at_;
  const std::string_view run = plain_run();
  if (failed()) return {};
  if (*at_ == '"') {
    ++at_;
    return run;
  }
  at_ = start - 1;
  unescaped.clear();
  text_into(unescaped);
  return unescaped;
}

bool json_reader::text_into(std::string& out) {
  if (!expect('"')) return false;
  while (true) {
    const std::string_view run = plain_run();
    if (failed()) return false;
    out += run;
    const char c = *at_++;
    if (c == '"') return true;
    if (c != '\\') return fail("a text has a control character");
    if (!escape_into(out)) return false;
  }
}

bool json_reader::escape_into(std::string& out) {
  if (at_ == end_) return fail("a text has no end");
  switch (const char c = *at_++) {
    case '"':
    case '\\':
    case '/':
      out += c;
      return true;
    case 'b':
      out += '\b';
      return true;
    case 'f':
      out += '\f';
      return true;
    case 'n':
      out += '\n';
      return true;
    case 'r':
      out += '\r';
      return true;
    case 't':
      out += '\t';
      return true;
    case 'u':
      break;
    default:
      return fail("a text has an escape that JSON does not know");
  }
  const auto unit = four_digits();
  if (!unit) return false;
  if (*unit < 0xD800 || *unit > 0xDFFF) {
    append_utf8(out, *unit);
    return true;
  }
  if (*unit > 0xDBFF || end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u')
    return fail("half of a surrogate pair");
  at_ += 2;
  const auto low = four_digits();
  if (!low) return false;
  if (*low < 0xDC00 || *low > 0xDFFF) return fail("half of a surrogate pair");
  append_utf8(out, 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00));
  return true;
}

std::optional<std::uint32_t> json_reader::four_digits() {
  std::uint32_t value = 0;
  const bool enough = end_ - at_ >= 4;
  if (enough) {
    const auto [end, wrong] = std::from_chars(at_, at_ + 4, value, 16);
    if (wrong == std::errc{} && end == at_ + 4) {
      at_ += 4;
      return value;
    }
  }
  fail("an escape without its four digits");
  return std::nullopt;
}

bool json_reader::literal(std::string_view word) {
  if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word))
    return fail("the JSON is malformed");
  at_ += word.size();
  return true;
}

/// The number that stands here, in the grammar of RFC 8259 §6.
std::string_view json_reader::number() {
  if (next() != kind::number) {
    fail("a number is missing");
    return {};
  }
  const char* const start = at_;
  const auto digits = [&] {
    const char* const first = at_;
    while (at_ != end_ && is_digit(*at_))
      ++at_;
    return at_ != first;
  };
  const auto one_of = [&](std::string_view characters) {
    const bool found = at_ != end_ && characters.find(*at_) != std::string_view::npos;
    if (found) ++at_;
    return found;
  };
  one_of("-");
  const bool zero = at_ != end_ && *at_ == '0';
  bool good = zero ? (++at_, true) : digits();
  if (good && one_of(".")) good = digits();
  if (good && one_of("eE")) {
    one_of("+-");
    good = digits();
  }
  if (!good) fail("a number is malformed");
  return {start, static_cast<std::size_t>(at_ - start)};
}

bool json_reader::fail(const char* why) {
  if (problem_ == nullptr) problem_ = why;
  return false;
}

bool is_json(std::string_view text) {
  json_reader reader(text);
  reader.skip();
  return reader.finish();
}

}  // namespace lastcall
