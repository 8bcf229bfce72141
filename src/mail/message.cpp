#include "mail/message.hpp"

#include "base/hash.hpp"
#include "mail/ascii.hpp"
#include "mail/header_field.hpp"
#include "mail/transfer_encoding.hpp"

#include <array>
#include <cstdio>
#include <vector>

namespace lastcall::mail {
namespace {

// --- The body: a tree of entities (RFC 2046) ---

struct entity {
  std::string head;  ///< its Content- fields
  std::string_view content;
  transfer_encoding encoding{};
  bool is_text{false};  ///< `content` is lines, not bytes
  std::string boundary;
  std::vector<entity> parts;  ///< of a multipart
};

std::string encoding_field(transfer_encoding encoding) {
  return "Content-Transfer-Encoding: " + std::string(name_of(encoding)) + "\r\n";
}

entity text_entity(std::string_view subtype, std::string_view text) {
  entity e{.head = {},
           .content = text,
           .encoding = choose_encoding(text),
           .is_text = true,
           .boundary = {},
           .parts = {}};
  e.head = parameter_field("Content-Type", "text/" + std::string(subtype), {{"charset", "utf-8"}}) +
           encoding_field(e.encoding);
  return e;
}

std::string disposition_field(std::string_view disposition, const std::string& filename) {
  std::vector<parameter> parameters;
  if (!filename.empty()) parameters.push_back({"filename", filename});
  return parameter_field("Content-Disposition", disposition, parameters);
}

entity attachment_entity(const attachment& a) {
  entity e;
  e.content = a.content;
  e.is_text = starts_ignoring_case(a.content_type, "message/");  // may not be encoded (RFC 2046 §5.2.1)
  e.encoding = e.is_text ? transfer_encoding::seven_bit : transfer_encoding::base64;
  e.head = custom_field("Content-Type", a.content_type) + encoding_field(e.encoding) +
           disposition_field("attachment", a.filename);
  return e;
}

entity image_entity(const inline_image& image) {
  entity e;
  e.content = image.content;
  e.encoding = transfer_encoding::base64;
  e.head = custom_field("Content-Type", image.content_type) + encoding_field(e.encoding) +
           disposition_field("inline", image.filename) +
           custom_field("Content-ID", "<" + image.content_id + ">");
  return e;
}

/// "=_" can't occur in quoted-printable or base64, and `choose_encoding` keeps it out of 7-bit text (RFC 2045
/// §6.7).
entity multipart(std::string_view subtype, std::vector<entity> parts, std::string_view message_id) {
  entity e;
  e.boundary = "=_" + sha256_hex(std::string(message_id) + "/" + std::string(subtype)).substr(0, 32);
  e.head = parameter_field("Content-Type", "multipart/" + std::string(subtype), {{"boundary", e.boundary}});
  e.parts = std::move(parts);
  return e;
}

entity body_of(const email& e, std::string_view message_id) {
  std::vector<entity> texts;
  if (e.text) texts.push_back(text_entity("plain", *e.text));
  if (e.html) texts.push_back(text_entity("html", *e.html));
  entity body =
      texts.size() == 1 ? std::move(texts.front()) : multipart("alternative", std::move(texts), message_id);
  if (e.images.empty()) return body;
  std::vector<entity> related;
  related.push_back(std::move(body));
  for (const inline_image& image : e.images)
    related.push_back(image_entity(image));
  return multipart("related", std::move(related), message_id);
}

entity content_of(const email& e, std::string_view message_id) {
  entity body = body_of(e, message_id);
  if (e.attachments.empty()) return body;
  std::vector<entity> parts;
  parts.push_back(std::move(body));
  for (const attachment& a : e.attachments)
    parts.push_back(attachment_entity(a));
  return multipart("mixed", std::move(parts), message_id);
}

void write(std::string& out, const entity& e) {
  out += e.head;
  out += "\r\n";
  if (e.is_text)
    append_text(out, e.content, e.encoding);
  else
    append_base64(out, e.content);
  for (const entity& part : e.parts) {
    out += "--" + e.boundary + "\r\n";
    write(out, part);
    out += "\r\n";
  }
  if (!e.parts.empty()) out += "--" + e.boundary + "--";
}

std::size_t size_estimate(const email& e) {
  std::size_t bytes = 4096 + 2 * ((e.text ? e.text->size() : 0) + (e.html ? e.html->size() : 0));
  for (const attachment& a : e.attachments)
    bytes += a.content.size() / 57 * 78 + 1024;
  for (const inline_image& image : e.images)
    bytes += image.content.size() / 57 * 78 + 1024;
  return bytes;
}

// --- The header ---

std::string header_of(const email& e, const message_identity& identity) {
  std::string header = address_field("From", {e.from});
  if (!e.to.empty()) header += address_field("To", e.to);
  if (!e.cc.empty()) header += address_field("Cc", e.cc);
  if (e.to.empty() && e.cc.empty()) header += "To: undisclosed-recipients:;\r\n";
  if (!e.reply_to.empty()) header += address_field("Reply-To", e.reply_to);
  header += text_field("Subject", e.subject);
  header += "Date: " + format_date(identity.date) + "\r\n";
  header += "Message-ID: <" + identity.message_id + ">\r\n";
  for (const auto& [name, value] : e.headers)
    header += custom_field(name, value);
  header += "MIME-Version: 1.0\r\n";
  return header;
}

}  // namespace

std::string message_id_of(std::string_view job_id, const envelope& e) {
  std::string seed(job_id);
  for (const std::string& recipient : e.recipients)
    seed += "\n" + recipient;
  return sha256_hex(seed).substr(0, 32) + "@" + std::string(domain_of(e.sender));
}

std::string format_date(std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<std::chrono::days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d +0000", days[weekday(day).c_encoding()],
                static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return text;
}

result<std::string> build_message(const email& e, const message_identity& identity) {
  if (auto ok = check(e); !ok) return ok.error();
  std::string message = header_of(e, identity);
  message.reserve(message.size() + size_estimate(e));
  write(message, content_of(e, identity.message_id));
  if (!message.ends_with("\r\n")) message += "\r\n";
  return message;
}

}  // namespace lastcall::mail
