#include "jobs/environment.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "jobs/attribute.hpp"
#include "jobs/utc_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace lastcall::jobs {
namespace {

/// Linux, include/uapi/linux/binfmts.h: MAX_ARG_STRLEN, of a whole "NAME=value" with its final NUL.
constexpr std::size_t longest_variable = 32 * 4096 - 1;

std::string variable_name(const std::string& attribute) {
  std::string name = "LASTCALL_ATTR_";
  for (const char c : attribute) {
    const bool is_lower = c >= 'a' && c <= 'z';
    const bool is_kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += is_lower ? static_cast<char>(c - 'a' + 'A') : is_kept ? c : '_';
  }
  return name;
}

/// All attributes with their own names and types. A value that is not UTF-8, which SQS does not allow, is
/// shown with replacement characters.
std::string attributes_as_json(const message& m) {
  auto all = nlohmann::json::object();
  for (const auto& [name, attribute] : m.attributes)
    all[name] = {{"type", attribute.data_type}, {"value", text_of(attribute)}};
  return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class variables {
 public:
  void add(const std::string& name, const std::string& value) { all_.push_back(name + '=' + value); }
  void add_if_present(const std::string& name, const std::string& value) {
    if (!value.empty()) add(name, value);
  }
  void add_time(const std::string& name, std::chrono::system_clock::time_point when) {
    if (when.time_since_epoch().count() != 0) add(name, utc_text(when, utc_digits::milliseconds));
  }
  std::vector<std::string> take() { return std::move(all_); }

  result<void> check() const {
    for (const std::string& variable : all_) {
      const std::string name = variable.substr(0, variable.find('='));
      if (variable.find('\0') != std::string::npos)
        return error{
            error_kind::invalid, {}, name + " would hold a NUL byte, which no environment variable can"};
      if (variable.size() > longest_variable)
        return error{error_kind::invalid,
                     {},
                     name + " would have " + std::to_string(variable.size()) +
                         " bytes, and Linux allows an environment variable " +
                         std::to_string(longest_variable)};
    }
    return {};
  }

 private:
  std::vector<std::string> all_;
};

/// Where several names become one variable, the first in byte order has it.
void add_attributes(variables& all, const message& m) {
  std::set<std::string> taken;
  for (const auto& [name, attribute] : m.attributes) {
    const std::string variable = variable_name(name);
    if (taken.insert(variable).second) all.add(variable, text_of(attribute));
  }
}

}  // namespace

result<std::vector<std::string>> message_environment(const message& m, const std::string& queue_name) {
  variables all;
  all.add("LASTCALL_MESSAGE_ID", m.id);
  all.add("LASTCALL_QUEUE", queue_name);
  all.add("LASTCALL_RECEIVE_COUNT", std::to_string(m.receive_count));
  all.add_time("LASTCALL_SENT_AT", m.sent_at);
  all.add_time("LASTCALL_FIRST_RECEIVED_AT", m.first_received_at);
  all.add_if_present("LASTCALL_SENDER_ID", m.sender_id);
  all.add_if_present("LASTCALL_GROUP_ID", m.group_id);
  all.add_if_present("LASTCALL_DEDUPLICATION_ID", m.deduplication_id);
  all.add_if_present("LASTCALL_SEQUENCE_NUMBER", m.sequence_number);
  all.add_if_present("LASTCALL_TRACE_HEADER", m.trace_header);
  all.add_if_present("LASTCALL_DEAD_LETTER_SOURCE_ARN", m.dead_letter_source_arn);
  add_attributes(all, m);
  if (const auto fits = all.check(); !fits) return fits.error();

  // The same once more, so that a message is not refused because of it; a command that relies on it sees it
  // missing.
  const std::string json = attributes_as_json(m);
  if (json.size() + sizeof("LASTCALL_ATTRIBUTES=") <= longest_variable)
    all.add("LASTCALL_ATTRIBUTES", json);
  else
    log::warning("attributes are too long for LASTCALL_ATTRIBUTES",
                 {{"message_id", m.id}, {"bytes", json.size()}});
  return all.take();
}

std::vector<std::string> checkpoint_environment(const std::string& file, const std::string& cursor) {
  std::vector<std::string> all{"LASTCALL_CHECKPOINT_FILE=" + file};
  if (!cursor.empty() && cursor.find('\0') == std::string::npos)
    all.push_back("LASTCALL_CHECKPOINT=" + cursor);
  return all;
}

bool is_set_for_commands(std::string_view name) noexcept {
  constexpr std::string_view names[] = {"LASTCALL_MESSAGE_ID",
                                        "LASTCALL_QUEUE",
                                        "LASTCALL_RECEIVE_COUNT",
                                        "LASTCALL_SENT_AT",
                                        "LASTCALL_FIRST_RECEIVED_AT",
                                        "LASTCALL_SENDER_ID",
                                        "LASTCALL_GROUP_ID",
                                        "LASTCALL_DEDUPLICATION_ID",
                                        "LASTCALL_SEQUENCE_NUMBER",
                                        "LASTCALL_TRACE_HEADER",
                                        "LASTCALL_DEAD_LETTER_SOURCE_ARN",
                                        "LASTCALL_ATTRIBUTES",
                                        "LASTCALL_CHECKPOINT_FILE",
                                        "LASTCALL_CHECKPOINT"};
  return name.starts_with("LASTCALL_ATTR_") || std::ranges::find(names, name) != std::end(names);
}

std::vector<std::string> inherited_environment(const char* const* environment) {
  std::vector<std::string> kept;
  for (; *environment != nullptr; ++environment) {
    const std::string_view variable = *environment;
    if (!variable.starts_with("LASTCALL_")) kept.emplace_back(variable);
  }
  return kept;
}

}  // namespace lastcall::jobs
