#include "broker/dead_letters.hpp"

#include "broker/names.hpp"
#include "broker/pages.hpp"

namespace lastcall::broker {

std::optional<api_error> dead_letters::check(const queue_address& source, const queue_settings& settings,
                                             std::string_view policy) {
  if (!settings.redrive) return std::nullopt;
  const auto refuse = [&](std::string_view reason) {
    return faults::invalid_value(policy, "RedrivePolicy", reason);
  };
  const std::optional<queue_address> address = parse_arn(settings.redrive->dead_letter_target_arn);
  if (!address) return refuse("Invalid value for deadLetterTargetArn.");
  if (address->account != source.account || address->region != source.region)
    return refuse("Dead letter target owner and region should be the same as the source's.");
  if (is_fifo_name(address->name) != settings.fifo)
    return refuse("Dead-letter queue must be same type of queue as the source..");
  const queue* target = queues_.find(*address);
  if (target == nullptr) return refuse("Dead letter target does not exist.");
  const auto& allowed = target->settings().redrive_allow;
  if (allowed && !allowed->allows(to_arn(source)))
    return refuse("The redrive allow policy of the dead-letter queue does not permit this source queue.");
  return std::nullopt;
}

queue* dead_letters::target_of(const queue& source) {
  const auto& policy = source.settings().redrive;
  return policy ? queues_.find_arn(policy->dead_letter_target_arn) : nullptr;
}

std::uint32_t dead_letters::max_receive_count(const queue& source) {
  return target_of(source) == nullptr ? no_limit : source.settings().redrive->max_receive_count;
}

void dead_letters::bury(const queue& source, std::unique_ptr<stored_message> m, moment now) {
  queue* target = target_of(source);
  target->advance(now.steady);
  ++m->receive_count;
  m->rare().dead_letter_source_arn = source.arn();
  if (target->is_fifo()) {
    // "The original message's deduplication ID will be replaced with the original message's ID", and its age
    // starts anew; on a standard queue its retention goes on from when it was first sent.
    m->rare().deduplication_id = std::string_view(m->id);
    m->enqueued = now.steady;
  }
  target->put(std::move(m), now.steady, target->settings().delay);
  queues_.touch(*target);
}

std::vector<queue*> dead_letters::sources_of(const queue& dead_letter_queue) {
  const queue_address& address = dead_letter_queue.address();
  std::vector<queue*> sources = queues_.list(address.account, address.region, {});
  std::erase_if(sources, [&](const queue* q) {
    return !q->settings().redrive || q->settings().redrive->dead_letter_target_arn != dead_letter_queue.arn();
  });
  return sources;
}

answer<list_dead_letter_source_queues_result> dead_letters::perform(
    const call& caller, const list_dead_letter_source_queues_request& r) {
  const auto found = queues_.find(caller, r.queue_url);
  if (found.has_error()) return found.error();
  std::vector<std::string> urls;
  for (const queue* q : sources_of(**found))
    urls.push_back(to_url(q->address(), caller.endpoint));
  auto listed = take_page(urls, r.next_token, r.max_results);
  if (listed.has_error()) return listed.error();
  return list_dead_letter_source_queues_result{std::move(listed->names), std::move(listed->next_token)};
}

}  // namespace lastcall::broker
