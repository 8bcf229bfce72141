#include "jobs/email_request.hpp"

#include "base/encoding.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

namespace lastcall::jobs {
namespace {

using nlohmann::json;

constexpr std::size_t most_recipients = 1000;

/// Reads the fields of a JSON object. The first problem is kept, and what is read after it does not matter.
class object_reader {
 public:
  object_reader(const json& object, std::string path, std::optional<error>& problem)
      : object_(object), path_(std::move(path)), problem_(problem) {
    if (!object.is_object()) complain(path_, "must be an object");
  }
  object_reader(const object_reader&) = delete;
  object_reader& operator=(const object_reader&) = delete;

  /// The value of a field; null as if it were absent.
  const json* find(std::string_view name) {
    known_.emplace_back(name);
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  std::optional<std::string> text(std::string_view name) {
    const json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    complain(field(name), "must be a string");
    return std::nullopt;
  }
  std::string field(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  }
  /// Called when all known fields were read: any other is a mistake that would otherwise go unnoticed.
  void refuse_unknown() {
    if (!object_.is_object()) return;
    for (const auto& [name, value] : object_.items())
      if (std::find(known_.begin(), known_.end(), name) == known_.end())
        complain(field(printable(name, 40)), "is not known here; known are " + known());
  }
  void complain(const std::string& where, const std::string& what) {
    if (!problem_)
      problem_ = error{error_kind::invalid, "", (where.empty() ? "the body" : where) + ": " + what};
  }

 private:
  std::string known() const {
    std::string out;
    for (const std::string& name : known_)
      out += (out.empty() ? "" : ", ") + name;
    return out;
  }

  const json& object_;
  std::string path_;
  std::optional<error>& problem_;
  std::vector<std::string> known_;
};

class request_reader {
 public:
  explicit request_reader(const std::string& default_from) : default_from_(default_from) {}

  result<email_request> read(const json& body) {
    read_fields(body);
    if (problem_) return *problem_;
    if (auto ok = mail::check(request_.email); !ok) return ok.error();
    return std::move(request_);
  }

 private:
  void read_fields(const json& body) {
    mail::email& e = request_.email;
    object_reader in(body, "", problem_);
    read_from(in);
    e.to = mailboxes(in, "to");
    e.cc = mailboxes(in, "cc");
    e.bcc = mailboxes(in, "bcc");
    e.reply_to = mailboxes(in, "reply_to");
    if (e.to.size() + e.cc.size() + e.bcc.size() > most_recipients)
      in.complain(
          "to", "an email has at most " + std::to_string(most_recipients) + " recipients, in to, cc and bcc");
    e.subject = in.text("subject").value_or("");
    e.text = in.text("text");
    e.html = in.text("html");
    read_headers(in);
    read_attachments(in);
    read_images(in);
    in.refuse_unknown();
  }

  void read_from(object_reader& in) {
    if (const json* from = in.find("from"))
      request_.email.from = mailbox(in, "from", *from);
    else if (!default_from_.empty())
      request_.email.from = mailbox(in, "from", default_from_);
    else
      in.complain("from", "is missing, and the worker has no --from to use instead");
  }

  /// "Ada <ada@example.com>", or {"name": "Ada", "address": "ada@example.com"}.
  mail::mailbox mailbox(object_reader& in, const std::string& where, const json& value) {
    if (value.is_string()) {
      auto parsed = mail::parse_mailbox(value.get_ref<const std::string&>());
      if (parsed) return *parsed;
      in.complain(where, parsed.error().message);
    } else if (value.is_object()) {
      object_reader parts(value, where, problem_);
      mail::mailbox m{parts.text("name").value_or(""), ""};
      auto address = mail::parse_address(parts.text("address").value_or(""));
      if (!address) parts.complain(parts.field("address"), address.error().message);
      if (address) m.address = std::move(*address);
      parts.refuse_unknown();
      return m;
    } else {
      in.complain(where, "must be an address: a string, or an object with name and address");
    }
    return {};
  }

  std::vector<mail::mailbox> mailboxes(object_reader& in, const std::string& name) {
    std::vector<mail::mailbox> out;
    const json* value = in.find(name);
    if (value == nullptr) return out;
    if (!value->is_array()) return {mailbox(in, name, *value)};
    for (std::size_t i = 0; i < value->size() && !problem_; ++i)
      out.push_back(mailbox(in, name + "[" + std::to_string(i) + "]", (*value)[i]));
    return out;
  }

  void read_headers(object_reader& in) {
    const json* headers = in.find("headers");
    if (headers == nullptr) return;
    if (!headers->is_object()) return in.complain("headers", "must be an object of strings");
    for (const auto& [name, value] : headers->items()) {
      if (!value.is_string()) return in.complain("headers." + printable(name, 80), "must be a string");
      request_.email.headers.emplace_back(name, value.get<std::string>());
    }
  }

  /// The elements of an array of objects.
  template <class Read>
  void for_each(object_reader& in, const std::string& name, Read read) {
    const json* list = in.find(name);
    if (list == nullptr) return;
    if (!list->is_array()) return in.complain(name, "must be an array");
    for (std::size_t i = 0; i < list->size() && !problem_; ++i) {
      object_reader element((*list)[i], name + "[" + std::to_string(i) + "]", problem_);
      read(element, i);
      element.refuse_unknown();
    }
  }

  void read_attachments(object_reader& in) {
    for_each(in, "attachments", [this](object_reader& element, std::size_t i) {
      mail::attachment a;
      const std::string path = read_content(element, a.content, false, i);
      a.filename = element.text("filename").value_or(path.substr(path.rfind('/') + 1));
      a.content_type = element.text("content_type").value_or("application/octet-stream");
      if (a.filename.empty()) element.complain(element.field("filename"), "is missing");
      request_.email.attachments.push_back(std::move(a));
    });
  }

  void read_images(object_reader& in) {
    for_each(in, "inline_images", [this](object_reader& element, std::size_t i) {
      mail::inline_image image;
      read_content(element, image.content, true, i);
      image.content_id = element.text("content_id").value_or("");
      image.content_type = element.text("content_type").value_or("");
      image.filename = element.text("filename").value_or("");
      request_.email.images.push_back(std::move(image));
    });
  }

  /// Either "content", which is decoded, or "path", which is noted and returned.
  std::string read_content(object_reader& element, std::string& content, bool is_image, std::size_t index) {
    const auto encoded = element.text("content");
    const auto path = element.text("path");
    if (encoded.has_value() == path.has_value()) {
      element.complain(element.field("content"), "either content (base64) or path is needed");
    } else if (path) {
      request_.files.push_back({element.field("path"), *path, is_image, index});
      return *path;
    } else {
      auto bytes = from_base64(*encoded);
      if (!bytes) element.complain(element.field("content"), "is " + bytes.error().message);
      if (bytes) content = std::move(*bytes);
    }
    return {};
  }

  const std::string& default_from_;
  email_request request_;
  std::optional<error> problem_;
};

error refuse(std::string why) { return {error_kind::invalid, "", "the body " + std::move(why)}; }

/// What the Amazon SQS Extended Client puts in the place of a body that it stored in S3: an array of a class
/// name and the place.
bool is_s3_pointer(const json& body) {
  return body.is_array() && !body.empty() && body[0].is_string() &&
         body[0].get_ref<const std::string&>().ends_with("S3Pointer");
}

/// Sees a name that stands twice in one object, of whose values the parser keeps the last without a word.
class doubled_names {
 public:
  /// As the parser's callback: keeps everything.
  bool operator()(int /*depth*/, json::parse_event_t event, const json& value) {
    if (event == json::parse_event_t::object_start) open_.emplace_back();
    if (event == json::parse_event_t::object_end) open_.pop_back();
    if (event == json::parse_event_t::key) note(value.get_ref<const std::string&>());
    return true;
  }
  const std::optional<std::string>& first() const noexcept { return first_; }

 private:
  void note(const std::string& name) {
    const bool is_new = open_.back().insert(name).second;
    if (!is_new && !first_) first_ = name;
  }

  std::vector<std::unordered_set<std::string>> open_;
  std::optional<std::string> first_;
};

}  // namespace

result<email_request> read_email_request(std::string_view body, const std::string& default_from) {
  json parsed;
  doubled_names doubled;
  try {
    parsed = json::parse(body, std::ref(doubled));
  } catch (const json::parse_error& e) {
    return refuse("is not JSON: an error at byte " + std::to_string(e.byte));
  } catch (const json::out_of_range&) {
    return refuse("holds a number that is too large");
  }
  if (doubled.first())
    return refuse("has '" + printable(*doubled.first(), 80) + "' twice in one object: which one is meant?");
  if (is_s3_pointer(parsed))
    return refuse(
        "is a pointer to S3, as the SQS Extended Client writes it, which this worker does not follow: send "
        "the email itself");
  return request_reader(default_from).read(parsed);
}

}  // namespace lastcall::jobs
