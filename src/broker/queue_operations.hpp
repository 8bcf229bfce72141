#pragma once

#include "broker/dead_letters.hpp"
#include "broker/engine_options.hpp"
#include "broker/registry.hpp"

namespace lastcall::broker {

/// The operations on queues as such.
class queue_operations {
 public:
  queue_operations(registry& queues, dead_letters& dead, const engine_options& options)
      : queues_(queues), dead_letters_(dead), options_(options) {}

  answer<create_queue_result> perform(const call&, const create_queue_request&);
  answer<get_queue_url_result> perform(const call&, const get_queue_url_request&);
  answer<list_queues_result> perform(const call&, const list_queues_request&);
  answer<empty_result> perform(const call&, const delete_queue_request&);
  answer<empty_result> perform(const call&, const purge_queue_request&);
  answer<get_queue_attributes_result> perform(const call&, const get_queue_attributes_request&);
  answer<empty_result> perform(const call&, const set_queue_attributes_request&);
  answer<empty_result> perform(const call&, const tag_queue_request&);
  answer<empty_result> perform(const call&, const untag_queue_request&);
  answer<list_queue_tags_result> perform(const call&, const list_queue_tags_request&);
  answer<empty_result> perform(const call&, const add_permission_request&);
  answer<empty_result> perform(const call&, const remove_permission_request&);

 private:
  answer<empty_result> set_policy(queue&, answer<std::string> policy, moment now);

  registry& queues_;
  dead_letters& dead_letters_;
  const engine_options& options_;
};

}  // namespace lastcall::broker
