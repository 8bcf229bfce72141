#include "mail/email.hpp"

#include "base/encoding.hpp"
#include "mail/ascii.hpp"
#include "mail/header_field.hpp"

#include <algorithm>
#include <unordered_set>

namespace lastcall::mail {
namespace {

constexpr std::size_t max_line_bytes = 998;  // RFC 5322 §2.1.1
constexpr std::size_t max_name_bytes = 76;

error refuse(std::string_view field, std::string_view why) {
  return {error_kind::invalid, "", std::string(field) + ": " + std::string(why)};
}

std::string indexed(std::string_view field, std::size_t i) {
  return std::string(field) + "[" + std::to_string(i) + "]";
}

/// Text in a header: UTF-8 in one line. A tab is harmless, and encoded.
result<void> check_text(const std::string& field, std::string_view text) {
  if (text.find_first_of("\r\n") != std::string_view::npos) return refuse(field, "holds a line break");
  if (std::any_of(text.begin(), text.end(), [](char c) { return c != '\t' && has_control({&c, 1}); }))
    return refuse(field, "holds a control character");
  if (!is_utf8(text)) return refuse(field, "is not UTF-8");
  return {};
}

result<void> check_mailbox(const std::string& field, const mailbox& m) {
  if (auto ok = check_text(field, m.name); !ok) return ok;
  if (auto address = parse_address(m.address); !address) return refuse(field, address.error().message);
  return {};
}

result<void> check_mailboxes(std::string_view field, const std::vector<mailbox>& mailboxes) {
  for (std::size_t i = 0; i < mailboxes.size(); ++i)
    if (auto ok = check_mailbox(indexed(field, i), mailboxes[i]); !ok) return ok;
  return {};
}

result<void> check_texts(const email& e) {
  if (!e.text && !e.html) return refuse("text", "there is neither text nor html");
  if (e.text && !is_utf8(*e.text)) return refuse("text", "is not UTF-8");
  if (e.html && !is_utf8(*e.html)) return refuse("html", "is not UTF-8");
  return {};
}

bool is_reserved(std::string_view name) {
  static const std::unordered_set<std::string> reserved{
      "from", "sender",     "to",           "cc",          "bcc",      "reply-to",      "subject",
      "date", "message-id", "mime-version", "return-path", "received", "dkim-signature"};
  const std::string known = to_lower(name);
  return reserved.contains(known) || known.starts_with("content-") || known.starts_with("resent-");
}

result<void> check_header(const std::string& name, std::string_view value) {
  const std::string field = "headers." + printable(name, max_name_bytes);
  if (name.empty() || name.size() > max_name_bytes || !is_ascii(name) || has_control(name) ||
      name.find_first_of(" :") != std::string_view::npos)
    return refuse(field, "a field name is 1 to 76 visible ASCII characters without a colon");
  if (is_reserved(name)) return refuse(field, "is set by lastcall and can't be given here");
  if (auto ok = check_text(field, value); !ok) return ok;
  // Text beyond ASCII is encoded, in short words; ASCII can only be broken at its spaces.
  if (is_ascii(value) && longest_word(value) + name.size() + 2 > max_line_bytes)
    return refuse(field, "holds a word that is longer than the 998 bytes of a line");
  return {};
}

/// type/subtype, and parameters whose values are tokens.
bool is_content_type(std::string_view text) noexcept {
  std::size_t end = text.find(';');
  const std::string_view type = text.substr(0, end);
  const std::size_t slash = type.find('/');
  if (slash == std::string_view::npos || !is_token(type.substr(0, slash)) ||
      !is_token(type.substr(slash + 1)))
    return false;
  while (end != std::string_view::npos) {
    text.remove_prefix(std::min(text.find_first_not_of(' ', end + 1), text.size()));
    end = text.find(';');
    const std::string_view one = text.substr(0, end);
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos || !is_token(one.substr(0, equals)) ||
        !is_token(one.substr(equals + 1)))
      return false;
  }
  return true;
}

/// A message as an attachment may not be encoded (RFC 2046 §5.2.1): it goes as it is, if it can.
bool can_go_unencoded(std::string_view content) noexcept {
  std::size_t line = 0;
  for (const char c : content) {
    line = c == '\n' || c == '\r' ? 0 : line + 1;
    if (line > max_line_bytes || c == '\0' || !is_ascii({&c, 1})) return false;
  }
  return true;
}

result<void> check_attachment(const std::string& field, const attachment& a) {
  if (a.filename.empty()) return refuse(field + ".filename", "is empty");
  if (auto ok = check_text(field + ".filename", a.filename); !ok) return ok;
  const std::string type = field + ".content_type";
  if (!is_content_type(a.content_type)) return refuse(type, "must be type/subtype, as in application/pdf");
  if (starts_ignoring_case(a.content_type, "multipart/"))
    return refuse(type, "an attachment can't be a multipart; use application/octet-stream");
  if (starts_ignoring_case(a.content_type, "message/") && !can_go_unencoded(a.content))
    return refuse(type,
                  "a message can only be attached as one if it is ASCII in lines of at most 998 bytes; use "
                  "application/octet-stream");
  return {};
}

result<void> check_image(const std::string& field, const inline_image& image) {
  const std::string_view id = image.content_id;
  if (id.empty() || id.size() > 200 || !is_ascii(id) || has_control(id) ||
      id.find_first_of("<>\"() ") != std::string_view::npos)
    return refuse(field + ".content_id", "must be 1 to 200 visible ASCII characters without < > \" ( )");
  if (auto ok = check_text(field + ".filename", image.filename); !ok) return ok;
  if (!is_content_type(image.content_type) || !starts_ignoring_case(image.content_type, "image/"))
    return refuse(field + ".content_type", "must be image/subtype, as in image/png");
  return {};
}

}  // namespace

result<void> check(const email& e) {
  if (auto ok = check_mailbox("from", e.from); !ok) return ok;
  if (auto ok = check_mailboxes("to", e.to); !ok) return ok;
  if (auto ok = check_mailboxes("cc", e.cc); !ok) return ok;
  if (auto ok = check_mailboxes("bcc", e.bcc); !ok) return ok;
  if (auto ok = check_mailboxes("reply_to", e.reply_to); !ok) return ok;
  if (e.to.empty() && e.cc.empty() && e.bcc.empty())
    return refuse("to", "there is no recipient in to, cc or bcc");
  if (auto ok = check_text("subject", e.subject); !ok) return ok;
  if (auto ok = check_texts(e); !ok) return ok;
  for (const auto& [name, value] : e.headers)
    if (auto ok = check_header(name, value); !ok) return ok;
  for (std::size_t i = 0; i < e.attachments.size(); ++i)
    if (auto ok = check_attachment(indexed("attachments", i), e.attachments[i]); !ok) return ok;
  if (!e.images.empty() && !e.html) return refuse("inline_images", "there is no html that could show them");
  for (std::size_t i = 0; i < e.images.size(); ++i)
    if (auto ok = check_image(indexed("inline_images", i), e.images[i]); !ok) return ok;
  return {};
}

envelope envelope_of(const email& e) {
  envelope out{e.from.address, {}, !is_ascii(e.from.address)};
  std::unordered_set<std::string_view> seen;
  for (const auto* mailboxes : {&e.to, &e.cc, &e.bcc})
    for (const mailbox& m : *mailboxes)
      if (seen.insert(m.address).second) out.recipients.push_back(m.address);
  for (const auto* mailboxes : {&e.to, &e.cc, &e.bcc, &e.reply_to})
    for (const mailbox& m : *mailboxes)
      out.needs_smtputf8 = out.needs_smtputf8 || !is_ascii(m.address);
  return out;
}

}  // namespace lastcall::mail
