#include "jobs/http_request.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "jobs/attribute.hpp"
#include "jobs/utc_text.hpp"

#include <algorithm>
#include <string_view>

namespace lastcall::jobs {
namespace {

/// Visible ASCII and inner spaces: what every server reads the same way.
bool is_plain(std::string_view value) noexcept {
  const bool visible = std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7F; });
  return visible && !value.starts_with(' ') && !value.ends_with(' ');
}

/// The characters that SQS allows in the name of an attribute.
bool is_attribute_name(std::string_view name) noexcept {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

class message_headers {
 public:
  explicit message_headers(http::headers& into) : into_(into) {}

  void add(std::string name, const std::string& value) {
    if (is_plain(value)) {
      into_.add(std::move(name), value);
      return;
    }
    encoded_ += (encoded_.empty() ? "" : ", ") + name;
    into_.add(std::move(name), percent_encode(value));
  }
  void add_if_present(std::string name, const std::string& value) {
    if (!value.empty()) add(std::move(name), value);
  }
  void add_time(std::string name, std::chrono::system_clock::time_point when) {
    if (when.time_since_epoch().count() != 0) add(std::move(name), utc_text(when, utc_digits::seconds));
  }
  void add_attribute(const std::string& message_id, const std::string& name,
                     const message_attribute& attribute) {
    std::string header = "X-Aws-Sqsd-Attr-" + name;
    // Names of headers do not know case; what would come twice would be read as one list.
    if (is_attribute_name(name) && !into_.has(header))
      add(std::move(header), text_of(attribute));
    else
      log::warning("attribute left out: its name can't be a header's, or is another's in other case",
                   {{"message_id", message_id}, {"name", printable(name, 256)}});
  }
  void finish() { add_if_present("X-Lastcall-Percent-Encoded", encoded_); }

 private:
  http::headers& into_;
  std::string encoded_;
};

}  // namespace

void add_message(http::request& request, const message& m, const std::string& queue_name,
                 const std::string& checkpoint) {
  message_headers all(request.headers);
  all.add("X-Aws-Sqsd-Msgid", m.id);
  all.add("X-Aws-Sqsd-Queue", queue_name);
  all.add("X-Aws-Sqsd-Receive-Count", std::to_string(m.receive_count));
  all.add_time("X-Aws-Sqsd-First-Received-At", m.first_received_at);
  all.add_time("X-Aws-Sqsd-Sent-At", m.sent_at);
  all.add_if_present("X-Aws-Sqsd-Sender-Id", m.sender_id);
  all.add_if_present("X-Amzn-Trace-Id", m.trace_header);
  all.add_if_present("X-Lastcall-Group-Id", m.group_id);
  all.add_if_present("X-Lastcall-Deduplication-Id", m.deduplication_id);
  all.add_if_present("X-Lastcall-Sequence-Number", m.sequence_number);
  all.add_if_present("X-Lastcall-Dead-Letter-Source-Arn", m.dead_letter_source_arn);
  all.add_if_present("X-Lastcall-Checkpoint", checkpoint);
  for (const auto& [name, attribute] : m.attributes)
    all.add_attribute(m.id, name, attribute);
  all.finish();
  request.body = m.body;
}

}  // namespace lastcall::jobs
