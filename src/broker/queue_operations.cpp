#include "broker/queue_operations.hpp"

#include "broker/names.hpp"
#include "broker/pages.hpp"
#include "broker/permissions.hpp"

#include <algorithm>
#include <array>

namespace lastcall::broker {
namespace {

constexpr std::size_t tags_limit = 50;

/// Of UTF-8: every byte but those that continue a character begins one.
std::size_t characters(std::string_view text) noexcept {
  constexpr unsigned continuation = 0x80;
  constexpr unsigned its_bits = 0xC0;
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & its_bits) != continuation;
  }));
}

/// Tag keys have 1 to 128 characters and values up to 256; a queue has at most 50 tags. Keys of AWS's own can't
/// be given.
std::optional<api_error> check_tags(const text_map& tags, const std::string& queue_name) {
  if (tags.size() > tags_limit)
    return faults::invalid_parameter("Too many tags added for queue " + queue_name + ".");
  for (const auto& [key, value] : tags)
    if (key.starts_with("aws:"))
      return faults::invalid_parameter("Tag keys can't begin with aws:, which is reserved for AWS.");
  for (const auto& [key, value] : tags)
    if (key.empty() || characters(key) > 128 || characters(value) > 256)
      return faults::invalid_parameter(
          "Tag keys must be between 1 and 128 characters in length, and tag values at "
          "most 256.");
  return std::nullopt;
}

std::string seconds_since_epoch(wall_time t) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count());
}

/// The policy as the client wrote it, for errors that repeat it.
std::string_view redrive_policy_in(const text_map& attributes) {
  const auto found = attributes.find("RedrivePolicy");
  return found == attributes.end() ? std::string_view() : found->second;
}

/// The attributes that can be read only.
text_map observed_attributes(const queue& q) {
  return {{"QueueArn", q.arn()},
          {"CreatedTimestamp", seconds_since_epoch(q.created)},
          {"LastModifiedTimestamp", seconds_since_epoch(q.modified)},
          {"ApproximateNumberOfMessages", std::to_string(q.available())},
          {"ApproximateNumberOfMessagesNotVisible", std::to_string(q.in_flight())},
          {"ApproximateNumberOfMessagesDelayed", std::to_string(q.delayed())}};
}

}  // namespace

answer<create_queue_result> queue_operations::perform(const call& caller, const create_queue_request& r) {
  if (r.queue_name.empty()) return faults::missing_queue_name();
  auto settings = settings_for_new_queue(r.attributes);
  if (settings.has_error()) return settings.error();
  if (auto wrong = check_queue_name(r.queue_name, settings->fifo)) return *wrong;
  queue_address address{caller.account, caller.region, r.queue_name};
  if (const queue* existing = queues_.find(address)) {
    if (const auto name = differing_attribute(existing->settings(), *settings, r.attributes))
      return faults::queue_name_exists(*name);
    return create_queue_result{to_url(address, caller.endpoint)};
  }
  if (auto wrong = dead_letters_.check(address, *settings, redrive_policy_in(r.attributes))) return *wrong;
  if (auto wrong = check_tags(r.tags, r.queue_name)) return *wrong;
  if (options_.enforce_waits && queues_.deleted_recently(address, caller.now.steady))
    return faults::queue_deleted_recently();
  queue& created = queues_.create(address, std::move(*settings), caller.now);
  if (!r.tags.empty()) created.change_tags(r.tags);
  return create_queue_result{to_url(address, caller.endpoint)};
}

answer<get_queue_url_result> queue_operations::perform(const call& caller, const get_queue_url_request& r) {
  if (r.queue_name.empty()) return faults::missing_queue_name();
  const queue_address address{r.owner_account.empty() ? caller.account : r.owner_account, caller.region,
                              r.queue_name};
  if (queues_.find(address) == nullptr) return faults::queue_does_not_exist();
  return get_queue_url_result{to_url(address, caller.endpoint)};
}

answer<list_queues_result> queue_operations::perform(const call& caller, const list_queues_request& r) {
  std::vector<std::string> names;
  for (const queue* q : queues_.list(caller.account, caller.region, r.prefix))
    names.push_back(q->address().name);
  auto listed = take_page(names, r.next_token, r.max_results);
  if (listed.has_error()) return listed.error();
  list_queues_result result{{}, std::move(listed->next_token)};
  for (std::string& name : listed->names)
    result.queue_urls.push_back(to_url({caller.account, caller.region, std::move(name)}, caller.endpoint));
  return result;
}

answer<empty_result> queue_operations::perform(const call& caller, const delete_queue_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  queues_.remove(**found, caller.now);
  return empty_result{};
}

answer<empty_result> queue_operations::perform(const call& caller, const purge_queue_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  queue& q = **found;
  const bool purged_recently =
      q.last_purge() && *q.last_purge() + std::chrono::seconds(60) > caller.now.steady;
  if (options_.enforce_waits && purged_recently) return faults::purge_in_progress(q.address().name);
  q.purge(caller.now.steady);
  queues_.touch(q);
  return empty_result{};
}

answer<get_queue_attributes_result> queue_operations::perform(const call& caller,
                                                              const get_queue_attributes_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  const queue& q = **found;
  text_map all = observed_attributes(q);
  const text_map observed = all;
  all.merge(attributes_of(q.settings()));
  get_queue_attributes_result result;
  for (const std::string& name : r.names) {
    if (name == "All") return get_queue_attributes_result{std::move(all)};
    if (!observed.contains(name) && !has_attribute(name, q.is_fifo())) return faults::unknown_attribute(name);
    if (const auto value = all.find(name); value != all.end()) result.attributes.insert(*value);
  }
  return result;
}

answer<empty_result> queue_operations::perform(const call& caller, const set_queue_attributes_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  queue& q = **found;
  if (r.attributes.empty()) return faults::missing_parameter("Attributes");
  auto settings = changed_settings(q.settings(), r.attributes);
  if (settings.has_error()) return settings.error();
  if (r.attributes.contains("RedrivePolicy"))
    if (auto wrong = dead_letters_.check(q.address(), *settings, redrive_policy_in(r.attributes)))
      return *wrong;
  q.change_settings(std::move(*settings), caller.now);
  queues_.touch(q);
  return empty_result{};
}

answer<empty_result> queue_operations::perform(const call& caller, const tag_queue_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  queue& q = **found;
  if (r.tags.empty()) return faults::missing_parameter("Tags");
  text_map tags = r.tags;
  tags.insert(q.tags().begin(), q.tags().end());
  if (auto wrong = check_tags(tags, q.address().name)) return *wrong;
  q.change_tags(std::move(tags));
  return empty_result{};
}

answer<empty_result> queue_operations::perform(const call& caller, const untag_queue_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  if (r.keys.empty()) return faults::missing_parameter("TagKeys");
  text_map tags = (*found)->tags();
  for (const std::string& key : r.keys)
    tags.erase(key);
  (*found)->change_tags(std::move(tags));
  return empty_result{};
}

answer<list_queue_tags_result> queue_operations::perform(const call& caller,
                                                         const list_queue_tags_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  return list_queue_tags_result{(*found)->tags()};
}

answer<empty_result> queue_operations::perform(const call& caller, const add_permission_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  queue& q = **found;
  return set_policy(q, with_permission(q.settings().policy, q.arn(), r), caller.now);
}

answer<empty_result> queue_operations::perform(const call& caller, const remove_permission_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  queue& q = **found;
  return set_policy(q, without_permission(q.settings().policy, r.label), caller.now);
}

answer<empty_result> queue_operations::set_policy(queue& q, answer<std::string> policy, moment now) {
  if (policy.has_error()) return policy.error();
  queue_settings settings = q.settings();
  settings.policy = std::move(*policy);
  q.change_settings(std::move(settings), now);
  return empty_result{};
}

}  // namespace lastcall::broker
